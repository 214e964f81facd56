// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>

#include "gatehouse/aws/credentials.h"
#include "gatehouse/base/clock.h"
#include "gatehouse/base/task.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::aws {

// Credentials ready to sign with, whatever source they come from. Renewed five minutes before they
// end, one renewal at a time however many calls want one, and nobody waits for it while the old
// ones hold; while a renewal fails, the old ones serve until their end. Long-lived ones are asked
// for once. For the event loop's thread; client, clock and log outlive the loop's last turn.
class CachedCredentials {
 public:
  CachedCredentials(std::unique_ptr<CredentialsSource> source, const base::Clock& clock,
                    telemetry::Log& log);
  ~CachedCredentials();

  // Errc::timeout when `limit` passed first; the renewal goes on for whoever comes next.
  base::Task<Credentials> get(std::chrono::milliseconds limit = std::chrono::seconds(35));
  // AWS refused these as expired or unknown: the next get() asks the source again, unless somebody
  // has done so meanwhile.
  void reject(const Credentials& credentials);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace gatehouse::aws
