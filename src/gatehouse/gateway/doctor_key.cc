// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/doctor_key.h"

#include <optional>
#include <utility>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/gateway/doctor_advice.h"

namespace gatehouse::gateway {
namespace {

constexpr std::string_view kSubject = "key";

struct KeyFacts {
  KeyFacts() {}
  std::string arn;
  std::string state;
  std::string spec;
  std::string usage;
  std::string origin;
};

base::Secret about(const std::string& key) {
  std::string text;
  base::JsonWriter(text).begin_object().member("KeyId", key).end_object();
  return base::Secret::copy_of(text);
}

KeyFacts facts_in(const base::JsonDocument& answer) {
  KeyFacts facts;
  const auto metadata = answer.root().find("KeyMetadata");
  if (!metadata) return facts;
  facts.arn = metadata->find_string("Arn").value_or("");
  facts.state = metadata->find_string("KeyState").value_or("");
  facts.spec = metadata->find_string("KeySpec").value_or("");
  facts.usage = metadata->find_string("KeyUsage").value_or("");
  facts.origin = metadata->find_string("Origin").value_or("");
  return facts;
}

std::string command(const std::string& operation, const std::string& region,
                    const std::string& arn) {
  return "Run: aws kms " + operation + " --region " + region + " --key-id " + arn;
}

// What the state of a key asks for; nothing of one that can be used.
std::optional<std::string> trouble_of(const KeyFacts& facts, const std::string& region) {
  if (facts.usage != "ENCRYPT_DECRYPT" || facts.spec != "SYMMETRIC_DEFAULT") {
    return "is of the kind " + facts.spec + " for " + facts.usage +
           ", and Gatehouse needs a symmetric one for encryption. Make one with `aws kms "
           "create-key --region " +
           region + "` and set GATEHOUSE_KEY=kms:ITS-ARN.";
  }
  if (facts.state == "Disabled") {
    return "is disabled, and what it has sealed does not open. " +
           command("enable-key", region, facts.arn);
  }
  if (facts.state == "PendingDeletion") {
    return "will be deleted, and then nothing that it has sealed ever opens again. " +
           command("cancel-key-deletion", region, facts.arn) +
           "  and then the same with enable-key.";
  }
  if (facts.state != "Enabled") {
    return "is in the state " + facts.state + ". Look at it in the console of AWS KMS, region " +
           region + ".";
  }
  return std::nullopt;
}

bool is_denied(const aws::AwsError& error) { return error.type == "AccessDeniedException"; }

base::Coroutine<void> examine_rotation(aws::JsonClient& kms, const KeyFacts& facts,
                                       DoctorReport& report) {
  const base::Secret request = about(facts.arn);
  auto answer = co_await kms.call("GetKeyRotationStatus", request);
  if (!answer) {
    report.add(Verdict::note, kSubject,
               facts.arn + ": whether it rotates cannot be read with these credentials (" +
                   answer.error().type + "). Look in the console of AWS KMS.");
    co_return;
  }
  if (answer->root().find_bool("KeyRotationEnabled").value_or(false)) {
    report.add(Verdict::good, kSubject, facts.arn + " is enabled and rotates by itself.");
    co_return;
  }
  report.add(Verdict::note, kSubject,
             facts.arn + " does not rotate. " +
                 command("enable-key-rotation", kms.endpoint().region, facts.arn) +
                 "  (once a year; nothing else changes)");
}

}  // namespace

base::Coroutine<void> examine_settings_of_keys(aws::JsonClient& kms,
                                               const std::vector<std::string>& keys,
                                               DoctorReport& report) {
  for (const std::string& key : keys) {
    const base::Secret request = about(key);
    auto answer = co_await kms.call("DescribeKey", request);
    if (!answer && is_denied(answer.error())) {
      report.add(Verdict::note, kSubject,
                 "the settings of " + key +
                     " cannot be read with these credentials, which serving does not need; an "
                     "administrator of the key may run doctor to see them.");
      continue;
    }
    if (!answer) {
      const base::Error error = aws::to_error("kms DescribeKey", answer.error());
      report.add(Verdict::bad, kSubject,
                 with_advice(error) + " Check GATEHOUSE_KEY and AWS_REGION.");
      continue;
    }
    const KeyFacts facts = facts_in(*answer);
    const std::optional<std::string> trouble = trouble_of(facts, kms.endpoint().region);
    if (trouble) {
      report.add(Verdict::bad, kSubject, facts.arn + " " + *trouble);
      continue;
    }
    // Material that was brought along, or that lies in a store of the customer's, does not rotate.
    if (facts.origin != "AWS_KMS") continue;
    co_await examine_rotation(kms, facts, report);
  }
}

}  // namespace gatehouse::gateway
