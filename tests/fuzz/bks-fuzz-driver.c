/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <glib.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * Runs a fuzz target in the form of libFuzzer without libFuzzer, which GCC does
 * not have: every seed as it is, then mutations of them until the time is up.
 * A crash ends the process and leaves the input in the file that is named at
 * the start; `PROGRAM --input FILE` repeats it. `--rng SEED` repeats a whole run.
 */
int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t         size);

#define INPUT_BYTES 65536

static int seconds = 5;
static gint64 rng_seed = -1;
static char *input_file;
static char **corpora;

static const GOptionEntry entries[] = {
  { "seconds", 0, 0, G_OPTION_ARG_INT, &seconds, "How long to try", "N" },
  { "rng", 0, 0, G_OPTION_ARG_INT64, &rng_seed, "Repeat the run of this seed", "SEED" },
  { "input", 0, 0, G_OPTION_ARG_FILENAME, &input_file, "Try this one input", "FILE" },
  { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &corpora, NULL, "FOLDER…" },
  { NULL }
};

/* The input under trial, in a file that survives a crash. */
typedef struct
{
  char    *path;
  guint8  *bytes;
  guint64  executions;
} Trial;

static gboolean
trial_open (Trial      *trial,
            const char *name)
{
  g_autofree char *pattern = g_strdup_printf ("%s-XXXXXX", name);
  int fd = g_file_open_tmp (pattern, &trial->path, NULL);

  if (fd < 0 || ftruncate (fd, sizeof (guint64) + INPUT_BYTES) != 0)
    return FALSE;
  trial->bytes = mmap (NULL, sizeof (guint64) + INPUT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close (fd);
  return trial->bytes != MAP_FAILED;
}

static void
trial_close (Trial *trial)
{
  munmap (trial->bytes, sizeof (guint64) + INPUT_BYTES);
  unlink (trial->path);
  g_free (trial->path);
}

/* The length stands before the bytes. */
static void
trial_run (Trial        *trial,
           const guint8 *bytes,
           gsize         length)
{
  guint64 stored = length;
  g_autofree guint8 *exact = g_memdup2 (bytes, length);

  memcpy (trial->bytes, &stored, sizeof stored);
  memcpy (trial->bytes + sizeof stored, bytes, length);
  trial->executions++;
  /* From memory of just that size, so that a sanitizer sees the byte after it. */
  LLVMFuzzerTestOneInput (length > 0 ? exact : (const guint8 *) "", length);
}

static void
load_corpus (GPtrArray  *seeds,
             const char *folder)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_build_filename (folder, name, NULL));
  /* The order of a folder differs between machines; a run must not. */
  g_ptr_array_sort_values (names, (GCompareFunc) strcmp);
  for (guint i = 0; i < names->len; i++)
    {
      char *contents;
      gsize length;

      if (g_file_get_contents (g_ptr_array_index (names, i), &contents, &length, NULL))
        g_ptr_array_add (seeds, g_bytes_new_take (contents, MIN (length, INPUT_BYTES)));
    }
}

static void
insert (GByteArray   *input,
        guint         at,
        const guint8 *bytes,
        guint         length)
{
  guint tail = input->len - at;

  if (length == 0 || input->len + length > INPUT_BYTES)
    return;
  g_byte_array_set_size (input, input->len + length);
  memmove (input->data + at + length, input->data + at, tail);
  memcpy (input->data + at, bytes, length);
}

static void
insert_from (GByteArray *input,
             GRand      *rand,
             GBytes     *source)
{
  gsize size;
  const guint8 *bytes = g_bytes_get_data (source, &size);
  guint start, length;

  if (size == 0)
    return;
  start = (guint) g_rand_int_range (rand, 0, (gint32) size);
  length = (guint) g_rand_int_range (rand, 1, (gint32) (size - start) + 1);
  insert (input, (guint) g_rand_int_range (rand, 0, (gint32) input->len + 1), bytes + start, length);
}

static void
mutate_byte (GByteArray *input,
             GRand      *rand)
{
  static const guint8 interesting[] = { 0, 1, '"', '\\', '{', '}', '[', ']', ':', ',', '<', '>', '&', '\n', '\r', ' ',
                                        '-', '0', '9', 'e', 'u', 'd', '/', 0x7f, 0x80, 0xc0, 0xe2, 0xed, 0xef, 0xf4, 0xff };
  guint at = (guint) g_rand_int_range (rand, 0, (gint32) input->len);

  if (g_rand_boolean (rand))
    input->data[at] ^= (guint8) (1u << g_rand_int_range (rand, 0, 8));
  else
    input->data[at] = interesting[g_rand_int_range (rand, 0, G_N_ELEMENTS (interesting))];
}

static void
mutate (GByteArray *input,
        GRand      *rand,
        GPtrArray  *seeds)
{
  guint at, length;

  if (input->len == 0 || g_rand_int_range (rand, 0, 8) == 0)
    {
      insert_from (input, rand, g_ptr_array_index (seeds, g_rand_int_range (rand, 0, (gint32) seeds->len)));
      return;
    }
  at = (guint) g_rand_int_range (rand, 0, (gint32) input->len);
  length = (guint) g_rand_int_range (rand, 1, 32);
  length = MIN (length, input->len - at);
  switch (g_rand_int_range (rand, 0, 6))
    {
    case 0:
      g_byte_array_remove_range (input, at, length);
      break;
    case 1:
      {
        g_autofree guint8 *piece = g_memdup2 (input->data + at, length);

        insert (input, (guint) g_rand_int_range (rand, 0, (gint32) input->len + 1), piece, length);
      }
      break;
    case 2:
      g_byte_array_set_size (input, at);
      break;
    default:
      mutate_byte (input, rand);
      break;
    }
}

static void
run (Trial     *trial,
     GPtrArray *seeds,
     GRand     *rand)
{
  gint64 end = g_get_monotonic_time () + (gint64) seconds * G_USEC_PER_SEC;
  g_autoptr(GByteArray) input = g_byte_array_new ();

  for (guint i = 0; i < seeds->len; i++)
    trial_run (trial, g_bytes_get_data (g_ptr_array_index (seeds, i), NULL),
               g_bytes_get_size (g_ptr_array_index (seeds, i)));
  while (g_get_monotonic_time () < end)
    {
      GBytes *seed = g_ptr_array_index (seeds, g_rand_int_range (rand, 0, (gint32) seeds->len));

      g_byte_array_set_size (input, 0);
      g_byte_array_append (input, g_bytes_get_data (seed, NULL), (guint) g_bytes_get_size (seed));
      for (int n = g_rand_int_range (rand, 1, 9); n > 0; n--)
        mutate (input, rand, seeds);
      trial_run (trial, input->data, input->len);
    }
}

/* A file of ours has its length in front; any other is the input as it is. */
static int
run_input (void)
{
  g_autofree char *contents = NULL;
  gsize length;
  guint64 stored = 0;

  if (!g_file_get_contents (input_file, &contents, &length, NULL))
    {
      g_printerr ("Cannot read %s\n", input_file);
      return 1;
    }
  if (length == sizeof stored + INPUT_BYTES)
    memcpy (&stored, contents, sizeof stored);
  if (length == sizeof stored + INPUT_BYTES && stored <= INPUT_BYTES)
    LLVMFuzzerTestOneInput ((guint8 *) contents + sizeof stored, stored);
  else
    LLVMFuzzerTestOneInput ((guint8 *) contents, length);
  return 0;
}

int
main (int   argc,
      char *argv[])
{
  g_autoptr(GOptionContext) context = g_option_context_new ("- try inputs that nobody thought of");
  g_autoptr(GPtrArray) seeds = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr(GRand) rand = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *name = g_path_get_basename (argv[0]);
  Trial trial = { 0 };

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }
  if (input_file != NULL)
    return run_input ();
  if (rng_seed < 0)
    rng_seed = g_random_int ();
  rand = g_rand_new_with_seed ((guint32) rng_seed);
  for (gsize i = 0; corpora != NULL && corpora[i] != NULL; i++)
    load_corpus (seeds, corpora[i]);

  g_print ("TAP version 14\n1..1\n");
  if (seeds->len == 0 || !trial_open (&trial, name))
    {
      g_print ("not ok 1 - %s: %s\n", name, seeds->len == 0 ? "no seeds" : g_strerror (errno));
      return 1;
    }
  g_print ("# repeat with --rng %" G_GINT64_FORMAT "; a crash leaves its input in %s\n", rng_seed, trial.path);
  run (&trial, seeds, rand);
  g_print ("ok 1 - %s: %" G_GUINT64_FORMAT " executions from %u seeds\n", name, trial.executions, seeds->len);
  trial_close (&trial);
  return 0;
}
