// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/doctor_issuers.h"

#include <string>

#include "gatehouse/oauth/issuer_keys.h"

namespace gatehouse::gateway {

base::Coroutine<void> examine_issuers(const Config& config, http::Client& named,
                                      http::Client& guarded, const base::Clock& clock,
                                      telemetry::Log& log, DoctorReport& report) {
  oauth::DocumentFetcher fetcher(guarded, clock);
  oauth::IssuerKeys keys(named, fetcher, clock, log);
  const telemetry::RequestTrace& nobodys = telemetry::RequestTrace::none();
  for (const std::string& issuer : config.enterprise_issuers) {
    const auto found = co_await keys.find(issuer, nobodys);
    if (found) {
      report.add(Verdict::good, "issuer",
                 issuer + " publishes " + std::to_string((*found)->size()) +
                     " keys that can sign identity assertions.");
    } else {
      report.add(Verdict::bad, "issuer",
                 issuer + " cannot vouch for anybody: " + found.error().description +
                     ". Compare GATEHOUSE_ENTERPRISE_ISSUERS with the `issuer` of its metadata, "
                     "letter by letter, and check the network between.");
    }
  }
}

}  // namespace gatehouse::gateway
