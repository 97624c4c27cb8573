/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <libxml/parser.h>
#include <stdint.h>

#include "bks-xhtml-private.h"

int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t         size);

/* Whatever the text, the XML is well-formed. */
int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autoptr(BksLimits) limits = bks_limits_new ();
  g_autofree char *bytes = g_strndup ((const char *) data, size);
  g_autofree char *text = g_utf8_make_valid (bytes, -1);
  g_autoptr(GString) out = g_string_new ("<body xmlns:epub=\"urn:x\">");
  xmlDocPtr document;

  if (!bks_xhtml_append (out, text, "a-", limits, NULL, NULL))
    return 0;
  g_string_append (out, "</body>");
  document = xmlReadMemory (out->str, out->len, "x", NULL, XML_PARSE_NONET | XML_PARSE_NOERROR);
  g_assert_nonnull (document);
  xmlFreeDoc (document);
  return 0;
}
