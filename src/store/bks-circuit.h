/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bks-database.h"
#include "bks-error.h"

G_BEGIN_DECLS

/* Which providers are not to be asked for a while (routing.md §3), as far as
 * it outlives the process. */

typedef enum
{
  BKS_CIRCUIT_CLOSED,    /* asked as usual */
  BKS_CIRCUIT_OPEN,      /* resting until a time */
  BKS_CIRCUIT_HALF_OPEN, /* one real request finds out */
  BKS_CIRCUIT_DEAD,      /* not asked until a person has done something */
} BksCircuitState;

#define BKS_TYPE_CIRCUIT (bks_circuit_get_type ())

/**
 * BksCircuit:
 *
 * The state of one model of a provider, or of all of them, with one key.
 */
typedef struct
{
  char            *provider;
  char            *key_tag;  /* tells keys apart, and tells nothing else; "" without one */
  char            *model;    /* "": the provider's line and key */
  BksCircuitState  state;
  BksError         reason;   /* the class that brought it there */
  gint64           until_ms; /* epoch ms, of an open one */
} BksCircuit;

GType       bks_circuit_get_type             (void);
BksCircuit *bks_circuit_new                  (const char       *provider,
                                              const char       *key_tag,
                                              const char       *model);
BksCircuit *bks_circuit_copy                 (const BksCircuit *self);
void        bks_circuit_free                 (BksCircuit       *self);
const char *bks_circuit_state_to_string      (BksCircuitState   state);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BksCircuit, bks_circuit_free)

DexFuture  *bks_library_list_circuits        (BksDatabase      *library);
DexFuture  *bks_library_set_circuits         (BksDatabase      *library,
                                              const char       *provider,
                                              GPtrArray        *circuits);

G_END_DECLS
