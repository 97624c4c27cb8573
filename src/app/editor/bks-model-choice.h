/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "bks-router.h"

G_BEGIN_DECLS

/**
 * BksModelChoiceState:
 * @BKS_MODEL_CHOICE_IDLE: nobody has asked for models yet
 * @BKS_MODEL_CHOICE_LOADING: the providers are being asked
 * @BKS_MODEL_CHOICE_NOBODY: nothing is set up that could be asked
 * @BKS_MODEL_CHOICE_NOTHING: those that are set up gave no model
 * @BKS_MODEL_CHOICE_READY: there are models
 */
typedef enum
{
  BKS_MODEL_CHOICE_IDLE,
  BKS_MODEL_CHOICE_LOADING,
  BKS_MODEL_CHOICE_NOBODY,
  BKS_MODEL_CHOICE_NOTHING,
  BKS_MODEL_CHOICE_READY,
} BksModelChoiceState;

/*
 * BksModelChoice: who does a kind of work: the models of every provider that is ready, and which of them stands first
 * in the author's order. Signals: "changed" (anything of it), "not-kept" (a choice, with the GError).
 */
#define BKS_TYPE_MODEL_CHOICE (bks_model_choice_get_type ())
G_DECLARE_FINAL_TYPE (BksModelChoice, bks_model_choice, BKS, MODEL_CHOICE, GObject)

BksModelChoice      *bks_model_choice_new               (BksRouter      *router,
                                                         const char     *role);
void                 bks_model_choice_load              (BksModelChoice *self);
BksModelChoiceState  bks_model_choice_get_state         (BksModelChoice *self);
const GError        *bks_model_choice_get_error         (BksModelChoice *self);
GListModel          *bks_model_choice_get_models        (BksModelChoice *self);
guint                bks_model_choice_get_position      (BksModelChoice *self);
const char          *bks_model_choice_get_provider_name (BksModelChoice *self,
                                                         const char     *id);
void                 bks_model_choice_choose            (BksModelChoice *self,
                                                         guint           position);

G_END_DECLS
