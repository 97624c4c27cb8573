/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-fakes"

#include "config.h"

#include <string.h>

#include "bks-json.h"
#include "bks-scripted-prose.h"

/* Written for this program; another passage on every call. */
static const char *const passages[] = {
  "The rain had stopped an hour before dawn, but the gutters still talked to themselves along the length of the "
  "street. She stood at the window with the letter unopened in her hand and listened to them, as one listens to "
  "neighbours through a wall, without hope of learning anything. Somewhere below a door was tried and found "
  "locked. Then there were footsteps, unhurried, going the other way.",

  "He had been told that the house was empty, and for the first two rooms he believed it. In the third a lamp was "
  "burning. It stood on the floor beside an open book, and the page that lay uppermost had been turned so lately "
  "that it had not quite settled. He waited. Nobody came to read the next line, and at last he knelt and read it "
  "himself.",

  "By the time the ferry reached the island the quarrel had worn itself down to politeness, which was worse. They "
  "carried the trunk between them up the shingle, each taking care to bear a little more than half. At the gate "
  "she set her end down and laughed, because a goat was standing in the hall with the air of an owner who had not "
  "expected callers.",

  "What nobody had foreseen was the silence. Every other loss had been spoken of, in committees and in kitchens, "
  "until it was almost bearable; but no one had thought to mention that the mill wheel would be still. The "
  "children woke in the night because of it. Old men walked out to the bridge and stood there, looking down, as if "
  "the sound might have fallen in.",

  "The map was wrong in small ways, and it took them most of the morning to see that it was wrong on purpose. A "
  "stream had been moved the width of a field. A chapel that leaned in the wind before their eyes was marked as a "
  "well. Whoever drew it had wanted a stranger to arrive, but late, and tired, and by the lower road.",

  "Her father kept his promises in a ledger, in two columns, and ruled a line beneath each year. She found the "
  "book after the funeral, behind the flour, and read it standing. Most of the names were dead. Hers stood on the "
  "last page, with a date that had not come yet, and against it he had written nothing but the price of a ticket.",

  "In the garden the frost had drawn a border round every leaf, so that the whole bed looked like something copied "
  "out by a careful hand. The boy wanted to touch it and was afraid to. When the sun came over the wall it took "
  "the choice away from him, one leaf at a time, and he ran indoors to say that the morning was melting.",

  "They called it a trial, though the verdict had been printed the evening before and was already wrapped round "
  "the fish. The judge had a cold. He asked the prisoner whether she understood the charge, and she said that she "
  "understood it very well, having typed it; and in the gallery somebody began, against all good sense, to clap.",
};

static const char thinking[] =
  "The scene has to move. A small thing out of place will do more than a large event, and the sentence rhythm "
  "should stay close to what stands above.";

typedef struct
{
  char     *model;
  gboolean  stream;
  gint64    max_tokens; /* -1 */
  gint64    prompt;     /* tokens */
} Question;

static void
question_clear (Question *question)
{
  g_free (question->model);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Question, question_clear)

static gint64
read_cap (JsonObject *object)
{
  gint64 cap;

  if (bks_json_get_int (object, "max_tokens", &cap) || bks_json_get_int (object, "max_completion_tokens", &cap) ||
      bks_json_get_int (bks_json_get_object (object, "options"), "num_predict", &cap))
    return cap;
  return -1;
}

static Question
read_question (const char *body,
               gboolean    stream)
{
  g_autoptr(JsonObject) object = bks_json_parse_object (body, -1, NULL);
  const char *model = bks_json_get_string (object, "model");
  Question question = { g_strdup (model != NULL ? model : "demo-writer"), stream, read_cap (object), (gint64) strlen (body) / 4 };

  bks_json_get_boolean (object, "stream", &question.stream);
  return question;
}

static char *
quote (const char *text)
{
  g_autoptr(JsonNode) node = json_node_init_string (json_node_alloc (), text);

  return json_to_string (node, FALSE);
}

/* Words with the space before them, as models send them. */
static GPtrArray *
split_words (const char *text,
             gint64      cap)
{
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);

  while (*text != '\0' && (cap < 0 || words->len < cap))
    {
      gsize length = strcspn (text + 1, " ") + 1;

      g_ptr_array_add (words, g_strndup (text, length));
      text += length;
    }
  return words;
}

static char *
join_words (GPtrArray *words)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < words->len; i++)
    g_string_append (text, g_ptr_array_index (words, i));
  return g_string_free (text, FALSE);
}

static void
add_openai_delta (BksReply   *reply,
                  const char *model,
                  const char *member,
                  const char *text)
{
  g_autofree char *name = quote (model);
  g_autofree char *value = quote (text);
  g_autofree char *data = g_strdup_printf (
    "{\"id\":\"chatcmpl-demo\",\"object\":\"chat.completion.chunk\",\"model\":%s,"
    "\"choices\":[{\"index\":0,\"delta\":{\"%s\":%s},\"finish_reason\":null}],\"usage\":null}", name, member, value);

  bks_reply_add_event (reply, data);
}

/* Half a dollar a million tokens in, one and a half out, as OpenRouter reports it. */
static char *
format_cost (gint64 input,
             guint  output)
{
  return g_strdup_printf ("0.%012" G_GINT64_FORMAT, input * 500000 + (gint64) output * 1500000);
}

static BksReply *
stream_openai (const Question *question,
               GPtrArray      *words,
               const char     *finish,
               guint           delay_ms)
{
  BksReply *reply = bks_reply_new (200, "text/event-stream");
  g_autofree char *name = quote (question->model);
  g_autofree char *end = NULL;
  g_autofree char *usage = NULL;
  g_autofree char *cost = format_cost (question->prompt, words->len);

  bks_reply_add_header (reply, "x-request-id", "req-demo");
  if (strstr (question->model, "thinker") != NULL)
    add_openai_delta (reply, question->model, "reasoning_content", thinking);
  for (guint i = 0; i < words->len; i++)
    {
      bks_reply_add_delay (reply, delay_ms);
      add_openai_delta (reply, question->model, "content", g_ptr_array_index (words, i));
    }
  end = g_strdup_printf ("{\"id\":\"chatcmpl-demo\",\"object\":\"chat.completion.chunk\",\"model\":%s,"
                         "\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"%s\"}],\"usage\":null}", name, finish);
  bks_reply_add_event (reply, end);
  usage = g_strdup_printf ("{\"id\":\"chatcmpl-demo\",\"object\":\"chat.completion.chunk\",\"model\":%s,\"choices\":[],"
                           "\"usage\":{\"prompt_tokens\":%" G_GINT64_FORMAT ",\"completion_tokens\":%u,\"cost\":%s}}",
                           name, question->prompt, words->len, cost);
  bks_reply_add_event (reply, usage);
  bks_reply_add_event (reply, "[DONE]");
  return reply;
}

static BksReply *
whole_openai (const Question *question,
              GPtrArray      *words,
              const char     *finish,
              guint           delay_ms)
{
  BksReply *reply = bks_reply_new (200, "application/json");
  g_autofree char *text = join_words (words);
  g_autofree char *name = quote (question->model);
  g_autofree char *value = quote (text);
  g_autofree char *cost = format_cost (question->prompt, words->len);
  g_autofree char *json = g_strdup_printf (
    "{\"id\":\"chatcmpl-demo\",\"object\":\"chat.completion\",\"model\":%s,\"choices\":[{\"index\":0,\"message\":"
    "{\"role\":\"assistant\",\"content\":%s,\"refusal\":null},\"finish_reason\":\"%s\"}],\"usage\":{"
    "\"prompt_tokens\":%" G_GINT64_FORMAT ",\"completion_tokens\":%u,\"cost\":%s}}",
    name, value, finish, question->prompt, words->len, cost);

  bks_reply_add_delay (reply, delay_ms * words->len);
  bks_reply_add_text (reply, json);
  return reply;
}

static void
add_ollama_line (BksReply   *reply,
                 const char *model,
                 const char *member,
                 const char *text,
                 const char *rest)
{
  g_autofree char *name = quote (model);
  g_autofree char *value = quote (text);
  g_autofree char *line = g_strdup_printf (
    "{\"model\":%s,\"created_at\":\"2026-11-22T20:22:32.53Z\",\"message\":{\"role\":\"assistant\",\"%s\":%s},%s}\n",
    name, member, value, rest);

  bks_reply_add_text (reply, line);
}

static BksReply *
play_ollama (const Question *question,
             GPtrArray      *words,
             const char     *finish,
             guint           delay_ms)
{
  BksReply *reply = bks_reply_new (200, question->stream ? "application/x-ndjson" : "application/json");
  g_autofree char *text = question->stream ? g_strdup ("") : join_words (words);
  g_autofree char *end = g_strdup_printf ("\"done\":true,\"done_reason\":\"%s\",\"prompt_eval_count\":%" G_GINT64_FORMAT
                                          ",\"eval_count\":%u", finish, question->prompt, words->len);

  if (question->stream && strstr (question->model, "thinker") != NULL)
    add_ollama_line (reply, question->model, "thinking", thinking, "\"done\":false");
  for (guint i = 0; i < words->len; i++)
    {
      bks_reply_add_delay (reply, delay_ms);
      if (question->stream)
        add_ollama_line (reply, question->model, "content", g_ptr_array_index (words, i), "\"done\":false");
    }
  add_ollama_line (reply, question->model, "content", text, end);
  return reply;
}

static void
add_anthropic_event (BksReply   *reply,
                     const char *name,
                     const char *data)
{
  g_autofree char *text = g_strdup_printf ("event: %s\ndata: {\"type\":\"%s\",%s}\n\n", name, name, data);

  bks_reply_add_text (reply, text);
}

static void
add_anthropic_block (BksReply   *reply,
                     guint       index,
                     const char *kind,
                     GPtrArray  *words,
                     guint       delay_ms)
{
  g_autofree char *start = g_strdup_printf ("\"index\":%u,\"content_block\":{\"type\":\"%s\",\"%s\":\"\"}",
                                            index, kind, kind);
  g_autofree char *stop = g_strdup_printf ("\"index\":%u", index);

  add_anthropic_event (reply, "content_block_start", start);
  for (guint i = 0; i < words->len; i++)
    {
      g_autofree char *word = quote (g_ptr_array_index (words, i));
      g_autofree char *delta = g_strdup_printf ("\"index\":%u,\"delta\":{\"type\":\"%s_delta\",\"%s\":%s}",
                                                index, kind, kind, word);

      bks_reply_add_delay (reply, delay_ms);
      add_anthropic_event (reply, "content_block_delta", delta);
    }
  add_anthropic_event (reply, "content_block_stop", stop);
}

static BksReply *
stream_anthropic (const Question *question,
                  GPtrArray      *words,
                  const char     *finish,
                  guint           delay_ms)
{
  BksReply *reply = bks_reply_new (200, "text/event-stream");
  g_autofree char *name = quote (question->model);
  g_autofree char *start = g_strdup_printf (
    "\"message\":{\"id\":\"msg_demo\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"model\":%s,"
    "\"stop_reason\":null,\"usage\":{\"input_tokens\":%" G_GINT64_FORMAT ",\"output_tokens\":1}}",
    name, question->prompt);
  g_autofree char *end = g_strdup_printf ("\"delta\":{\"stop_reason\":\"%s\"},\"usage\":{\"output_tokens\":%u}",
                                          finish, words->len);
  guint index = 0;

  bks_reply_add_header (reply, "request-id", "req_demo");
  add_anthropic_event (reply, "message_start", start);
  add_anthropic_event (reply, "ping", "\"x\":0");
  if (strstr (question->model, "thinker") != NULL)
    {
      g_autoptr(GPtrArray) thoughts = split_words (thinking, -1);

      add_anthropic_block (reply, index++, "thinking", thoughts, 0);
    }
  add_anthropic_block (reply, index, "text", words, delay_ms);
  add_anthropic_event (reply, "message_delta", end);
  add_anthropic_event (reply, "message_stop", "\"x\":0");
  return reply;
}

static BksReply *
whole_anthropic (const Question *question,
                 GPtrArray      *words,
                 const char     *finish,
                 guint           delay_ms)
{
  BksReply *reply = bks_reply_new (200, "application/json");
  g_autofree char *text = join_words (words);
  g_autofree char *name = quote (question->model);
  g_autofree char *value = quote (text);
  g_autofree char *json = g_strdup_printf (
    "{\"id\":\"msg_demo\",\"type\":\"message\",\"role\":\"assistant\",\"model\":%s,"
    "\"content\":[{\"type\":\"text\",\"text\":%s}],\"stop_reason\":\"%s\",\"stop_sequence\":null,"
    "\"usage\":{\"input_tokens\":%" G_GINT64_FORMAT ",\"cache_creation_input_tokens\":0,"
    "\"cache_read_input_tokens\":0,\"output_tokens\":%u}}",
    name, value, finish, question->prompt, words->len);

  bks_reply_add_delay (reply, delay_ms * words->len);
  bks_reply_add_text (reply, json);
  return reply;
}

typedef enum
{
  OPENAI,
  OLLAMA,
  ANTHROPIC,
} Protocol;

static BksReply *
play (const char *body,
      Protocol    protocol,
      guint       turn,
      guint       delay_ms)
{
  gboolean ollama = protocol == OLLAMA;
  g_auto(Question) question = read_question (body, ollama);
  const char *passage = passages[turn % G_N_ELEMENTS (passages)];
  g_autoptr(GPtrArray) words = split_words (passage, question.max_tokens);
  g_autofree char *said = join_words (words);
  const char *finish = g_str_equal (said, passage) ? "stop" : "length";

  if (strstr (question.model, "slow") != NULL)
    delay_ms = MAX (delay_ms, 1) * 8;
  if (ollama)
    return play_ollama (&question, words, finish, delay_ms);
  if (protocol == ANTHROPIC)
    {
      finish = g_str_equal (finish, "length") ? "max_tokens" : "end_turn";
      return question.stream ? stream_anthropic (&question, words, finish, delay_ms)
                             : whole_anthropic (&question, words, finish, delay_ms);
    }
  return question.stream ? stream_openai (&question, words, finish, delay_ms)
                         : whole_openai (&question, words, finish, delay_ms);
}

static BksReply *
count_anthropic (const char *body)
{
  g_autofree char *json = g_strdup_printf ("{\"input_tokens\":%" G_GSIZE_FORMAT "}", strlen (body) / 4);

  return bks_reply_new_json (200, json);
}

static const struct
{
  const char *path;
  const char *json;
} documents[] = {
  /* Of those who have this path only Anthropic gives a page. */
  { "/v1/models?limit=1", "{\"data\":[{\"type\":\"model\",\"id\":\"claude-demo-2\"}],\"has_more\":true,\"last_id\":\"claude-demo-2\"}" },
  { "/v1/models?limit=1000",
    "{\"data\":[{\"type\":\"model\",\"id\":\"claude-demo-2\",\"display_name\":\"Demo 2\","
    "\"max_input_tokens\":200000,\"max_tokens\":64000}],\"has_more\":true,\"last_id\":\"claude-demo-2\"}" },
  { "/v1/models?limit=1000&after_id=claude-demo-2",
    "{\"data\":[{\"type\":\"model\",\"id\":\"claude-demo-1\",\"max_input_tokens\":null}],"
    "\"has_more\":false,\"last_id\":\"claude-demo-1\"}" },
  { "/v1/models",
    "{\"object\":\"list\",\"data\":["
    "{\"id\":\"demo-writer\",\"object\":\"model\",\"context_length\":32768,"
    "\"pricing\":{\"prompt\":\"0.0000025\",\"completion\":\"0.00001\"}},"
    "{\"id\":\"demo-thinker\",\"object\":\"model\",\"context_length\":131072,"
    "\"pricing\":{\"prompt\":\"0.000003\",\"completion\":\"0.000015\"}},"
    "{\"id\":\"demo-slow\",\"object\":\"model\"},"
    "{\"id\":\"text-embedding-demo\",\"object\":\"model\"}]}" },
  { "/v1/key", "{\"data\":{\"label\":\"sk-or-v1-abc\",\"limit\":null,\"limit_remaining\":null,\"usage\":0.13}}" },
  { "/api/tags",
    "{\"models\":["
    "{\"name\":\"demo-writer:latest\",\"model\":\"demo-writer:latest\",\"size\":2019393189,"
    "\"details\":{\"family\":\"demo\",\"families\":null,\"context_length\":32768},\"capabilities\":[\"completion\"]},"
    "{\"name\":\"demo-thinker:latest\",\"model\":\"demo-thinker:latest\",\"details\":{\"family\":\"demo\"},"
    "\"capabilities\":[\"completion\",\"thinking\"]},"
    "{\"name\":\"demo-embed:latest\",\"model\":\"demo-embed:latest\",\"capabilities\":[\"embedding\"]},"
    "{\"name\":\"demo-large-cloud\",\"model\":\"demo-large-cloud\",\"remote_host\":\"https://ollama.com\"}]}" },
  { "/api/version", "{\"version\":\"0.33.2\"}" },
};

/**
 * bks_scripted_prose_reply:
 * @method: the method
 * @path: the path
 * @body: the body
 * @turn: how many answers were given before
 * @delay_ms: between two words
 *
 * Plays an OpenAI-compatible server, Ollama and Anthropic that write passable
 * prose. A model whose name holds "thinker" thinks first, one with "slow" takes
 * its time.
 *
 * Returns: (transfer full) (nullable): the reply; %NULL if this is no call of theirs
 */
BksReply *
bks_scripted_prose_reply (const char *method,
                          const char *path,
                          const char *body,
                          guint       turn,
                          guint       delay_ms)
{
  if (g_str_equal (method, "POST") && g_str_has_suffix (path, "/v1/chat/completions"))
    return play (body, OPENAI, turn, delay_ms);
  if (g_str_equal (method, "POST") && g_str_has_suffix (path, "/v1/messages"))
    return play (body, ANTHROPIC, turn, delay_ms);
  if (g_str_equal (method, "POST") && g_str_has_suffix (path, "/v1/messages/count_tokens"))
    return count_anthropic (body);
  if (g_str_equal (method, "POST") && g_str_has_suffix (path, "/api/chat"))
    return play (body, OLLAMA, turn, delay_ms);
  for (gsize i = 0; i < G_N_ELEMENTS (documents); i++)
    if (g_str_equal (method, "GET") && g_str_has_suffix (path, documents[i].path))
      return bks_reply_new_json (200, documents[i].json);
  return NULL;
}
