// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/task.h"
#include "gatehouse/gateway/config.h"
#include "gatehouse/gateway/doctor_report.h"
#include "gatehouse/http/client.h"
#include "gatehouse/http/curl_certificate_probe.h"

namespace gatehouse::gateway {

struct PublicUrlFinding {
  PublicUrlFinding() {}
  Verdict verdict = Verdict::good;
  std::string text;
};

// What a handshake with the public URL comes to. Of a certificate that is trusted: `good`, or a
// note when it should have been renewed by now, which is when a fifth of its life is left and less
// than two weeks.
PublicUrlFinding judge_certificate(const std::string& public_url,
                                   const http::CertificateFinding& found, std::int64_t now);

// What an answer to kPublicUrlProbe comes to: ours, another gateway's, the load balancer's, or
// somebody else's.
inline constexpr std::string_view kPublicUrlProbe = "/.well-known/oauth-authorization-server";
PublicUrlFinding judge_public_answer(const std::string& public_url,
                                     const http::ClientResponse& response);

// Blocking: before the loop runs. Nothing to find out unless the URL is https.
http::CertificateFinding probe_public_url(const Config& config);

// Says what was found, and follows the URL when clients would. A URL that cannot be reached is a
// note: nothing may serve there yet, and not every network leads back to itself.
base::Coroutine<void> examine_public_url(const Config& config,
                                         const http::CertificateFinding& certificate,
                                         const base::Clock& clock, http::Client& client,
                                         DoctorReport& report);

}  // namespace gatehouse::gateway
