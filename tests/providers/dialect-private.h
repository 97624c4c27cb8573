/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "dialect.h"

G_BEGIN_DECLS

Fixture *dialect_new_fixture         (const Dialect *dialect);
void     dialect_test_floods         (gconstpointer  data);
void     dialect_test_head_floods    (gconstpointer  data);
void     dialect_test_refusal_floods (gconstpointer  data);
void     dialect_test_swelling       (gconstpointer  data);
void     dialect_test_large          (gconstpointer  data);

G_END_DECLS
