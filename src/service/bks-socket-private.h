/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

GSocket *bks_socket_open_tcp      (const char  *listen,
                                   GError     **error);
GSocket *bks_socket_open_control  (const char  *name,
                                   char       **control_path);
GSocket *bks_socket_open_nameless (GError     **error);

G_END_DECLS
