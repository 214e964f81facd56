// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/credential_chain.h"

#include <string>
#include <utility>
#include <vector>

#include "gatehouse/aws/container_credentials.h"
#include "gatehouse/aws/environment_credentials.h"
#include "gatehouse/aws/instance_credentials.h"
#include "gatehouse/aws/profile_credentials.h"
#include "gatehouse/aws/web_identity_credentials.h"

namespace gatehouse::aws {
namespace {

using base::Errc;
using base::Error;

struct Link {
  std::string name;
  std::unique_ptr<CredentialsSource> source;
};

class CredentialChain final : public CredentialsSource {
 public:
  explicit CredentialChain(const CredentialsContext& context) {
    links_.push_back({"environment", environment_credentials(context)});
    links_.push_back({"profile", profile_credentials(context)});
    links_.push_back({"web identity", environment_web_identity_credentials(context)});
    links_.push_back({"container", container_credentials(context)});
    links_.push_back({"instance", instance_credentials(context)});
  }

  base::Task<Credentials> fetch() override {
    if (winner_ != nullptr) {
      auto renewed = co_await renew(*winner_);
      co_return renewed;
    }
    std::string absences;
    for (const Link& link : links_) {
      auto found = co_await link.source->fetch();
      if (found) {
        winner_ = &link;
        co_return std::move(*found);
      }
      if (found.error().code != Errc::not_found) co_return found.error();
      absences += (absences.empty() ? "" : "; ") + link.name + ": " + found.error().detail;
    }
    co_return Error{Errc::not_found,
                    "no AWS credentials found. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
                    "choose a profile with AWS_PROFILE, or run where AWS gives a role. Looked at " +
                        absences};
  }

 private:
  // Where credentials came from once, there are some: what is missing now is missing for a while.
  static base::Task<Credentials> renew(const Link& winner) {
    auto renewed = co_await winner.source->fetch();
    if (!renewed && renewed.error().code == Errc::not_found) {
      co_return Error{Errc::unavailable, winner.name + ": " + renewed.error().detail};
    }
    co_return renewed;
  }

  std::vector<Link> links_;
  const Link* winner_ = nullptr;
};

}  // namespace

std::unique_ptr<CredentialsSource> make_credential_chain(Environment environment,
                                                         http::Client& client,
                                                         const base::Clock& clock,
                                                         base::Random& random, base::Pause pause) {
  const CredentialsContext context{std::make_shared<const Environment>(std::move(environment)),
                                   client, clock, random, std::move(pause)};
  return std::make_unique<CredentialChain>(context);
}

}  // namespace gatehouse::aws
