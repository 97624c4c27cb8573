/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "bks-fakes"

#include "config.h"

#include "bks-scripted-server.h"

/* For 127.0.0.1, signed by nobody; the key protects nothing. */
static const char pem[] =
  "-----BEGIN CERTIFICATE-----\n"
  "MIIBnjCCAUSgAwIBAgIUOOgTaRDYQQvn4M+kRRSy9RXykaUwCgYIKoZIzj0EAwIw\n"
  "GzEZMBcGA1UEAwwQQm9vayBTdHVkaW8gdGVzdDAgFw0yNjExMjMwMDQxMDNaGA8y\n"
  "MTI2MTAzMDAwNDEwM1owGzEZMBcGA1UEAwwQQm9vayBTdHVkaW8gdGVzdDBZMBMG\n"
  "ByqGSM49AgEGCCqGSM49AwEHA0IABEk5TEHbjxdSlVaZXe0MqYrrRG2IrpN429gd\n"
  "NZvtjDkIYXeuHCU77Ebl6Di1H+YC1KBB8cMjw6B3qrO7vTRVMuajZDBiMB0GA1Ud\n"
  "DgQWBBR2jNhAFKGQsrtzGi7bJIQRaNXGmTAfBgNVHSMEGDAWgBR2jNhAFKGQsrtz\n"
  "Gi7bJIQRaNXGmTAPBgNVHRMBAf8EBTADAQH/MA8GA1UdEQQIMAaHBH8AAAEwCgYI\n"
  "KoZIzj0EAwIDSAAwRQIhAJVqYHIgkM3RolYxY3HjeoiDAbYCN8B9gDcYqJ84Abfl\n"
  "AiAvjmX2lLAVo0p7wA8mr1ayojyvj2nXWV53EmTAJVV3PQ==\n"
  "-----END CERTIFICATE-----\n"
  "-----BEGIN PRIVATE KEY-----\n"
  "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgyquTyG93dU3BB5eF\n"
  "LXRRntHA7td1lqJplSCwpPBvbu+hRANCAARJOUxB248XUpVWmV3tDKmK60RtiK6T\n"
  "eNvYHTWb7Yw5CGF3rhwlO+xG5eg4tR/mAtSgQfHDI8Ogd6qzu700VTLm\n"
  "-----END PRIVATE KEY-----\n";

/**
 * bks_scripted_certificate_new:
 *
 * Returns: (transfer full): a certificate for bks_scripted_server_set_certificate()
 *   that no machine trusts
 */
GTlsCertificate *
bks_scripted_certificate_new (void)
{
  g_autoptr(GError) error = NULL;
  GTlsCertificate *certificate = g_tls_certificate_new_from_pem (pem, -1, &error);

  g_assert_no_error (error);
  return certificate;
}
