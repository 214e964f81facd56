// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/doctor_advice.h"

#include <string_view>

namespace gatehouse::gateway {
namespace {

// Looked for in the detail, in this order.
struct Advice {
  std::string_view sign;
  std::string_view service;
  std::string_view text;
};

constexpr Advice kAdvice[] = {
    {"AccessDenied", "kms ",
     "deploy/aws/serving-policy.json is what the replicas' role needs; an operator's is rightly "
     "refused, so run doctor as a task with theirs (docs/deploy-aws.md)."},
    {"AccessDenied", "",
     "If that resource is the one that is meant, give this role deploy/aws/serving-policy.json; "
     "if not, set GATEHOUSE_STORE and AWS_REGION to where the table is."},
    {"InvalidKeyUsageException", "kms ",
     "GATEHOUSE_KEY must name a symmetric key for encryption; `aws kms create-key` makes one."},
    {"InvalidArnException", "kms ", "Write GATEHOUSE_KEY=kms: and its ARN, its id or alias/NAME."},
    {"ValidationException", "kms ", "Write GATEHOUSE_KEY=kms: and its ARN, its id or alias/NAME."},
    {"ValidationException", "dynamodb ",
     "The table was made for something else: its key must be sessionId, a string, and nothing "
     "more, which cannot be changed later. Set GATEHOUSE_STORE=dynamodb:NAME to a name that no "
     "table has and run `gatehouse store init`."},
    {"SignatureException", "",
     "If AWS_SECRET_ACCESS_KEY belongs to AWS_ACCESS_KEY_ID, this machine's clock is wrong: see "
     "`clock`."},
    {"ExpiredToken", "", "Get new credentials, or run where AWS gives a role."},
    {"UnrecognizedClientException", "",
     "These credentials are mistyped, deleted or of another partition than AWS_REGION. Set others, "
     "or run where AWS gives a role."},
    {"ResourceNotFoundException", "", ""},  // the store says it
    {"connect to ", "",
     "Can this machine reach AWS? See its route (NAT gateway or VPC endpoint), HTTPS_PROXY, "
     "NO_PROXY and AWS_ENDPOINT_URL."},
    {"no answer in time", "",
     "Can this machine reach AWS? See its route (NAT gateway or VPC endpoint), its security "
     "groups, HTTPS_PROXY and NO_PROXY."},
};

bool mentions(const base::Error& error, std::string_view words) {
  return error.detail.find(words) != std::string::npos;
}

}  // namespace

bool is_about_one_action(const base::Error& error) { return mentions(error, "AccessDenied"); }

std::string with_advice(const base::Error& error) {
  std::string text = error.detail;
  if (!text.ends_with('.')) text += '.';
  for (const Advice& advice : kAdvice) {
    if (!mentions(error, advice.sign) || !mentions(error, advice.service)) continue;
    if (!advice.text.empty()) text += " " + std::string(advice.text);
    break;
  }
  return text;
}

}  // namespace gatehouse::gateway
