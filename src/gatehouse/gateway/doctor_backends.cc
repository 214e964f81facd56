// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/doctor_backends.h"

#include <string>
#include <utility>
#include <vector>

#include "gatehouse/aws/cached_credentials.h"
#include "gatehouse/store/dynamodb_table.h"

namespace gatehouse::gateway {
namespace {

constexpr std::chrono::seconds kProbeLifetime{60};

std::string policy_hint(const base::Error& error) {
  if (error.detail.find("AccessDenied") == std::string::npos) return error.detail;
  return error.detail + ". The role's policy should be that of deploy/aws/serving-policy.json.";
}

// One action that serving needs, by the outcome of having tried it.
void add_action(DoctorReport& report, std::string_view subject, const std::string& action,
                const base::Result<void>& outcome) {
  if (outcome) return report.add(Verdict::good, subject, action + " is allowed and works.");
  report.add(Verdict::bad, subject, action + " fails: " + policy_hint(outcome.error()));
}

template <class T>
base::Result<void> outcome_of(const base::Result<T>& result) {
  // An absent record is an answer.
  if (result || result.error().code == base::Errc::not_found) return {};
  return result.error();
}

base::Coroutine<bool> examine_credentials(aws::CachedCredentials& credentials,
                                          DoctorReport& report) {
  auto found = co_await credentials.get();
  if (!found) {
    report.add(Verdict::bad, "credentials", found.error().detail);
    co_return false;
  }
  std::string text = "of AWS come from " + found->source;
  text += found->expires ? " and are renewed before they end." : ".";
  report.add(Verdict::good, "credentials", text);
  co_return true;
}

base::Coroutine<void> examine_settings_of_table(aws::JsonClient& client, const std::string& name,
                                                DoctorReport& report) {
  store::DynamodbTable table(client, name);
  auto examined = co_await table.examine();
  if (!examined && examined.error().code == base::Errc::not_found) {
    report.add(Verdict::bad, "table",
               "there is no table " + name + ". Make it with `gatehouse store init`, or check " +
                   "GATEHOUSE_STORE and AWS_REGION.");
    co_return;
  }
  if (!examined) {
    report.add(Verdict::note, "table",
               "its settings cannot be read with these credentials, which serving does not need. "
               "Run doctor as an operator (deploy/aws/maintenance-policy.json) to check them.");
    co_return;
  }
  for (const store::TableDifference& difference : examined->differences) {
    report.add(Verdict::bad, "table",
               difference.what + " is " + difference.found + ", not " + difference.wanted + ". " +
                   difference.remedy);
  }
  if (examined->differences.empty())
    report.add(Verdict::good, "table", examined->arn + " has the right settings.");
}

base::Coroutine<void> examine_actions_on_table(Backends& backends, const base::Clock& clock,
                                               base::Random& random, DoctorReport& report) {
  store::Record probe;
  probe.key = "PROBE#" + random.token(16);
  probe.ttl = base::epoch_seconds(clock.now() + kProbeLifetime);
  probe.write_id = random.token(12);
  const std::string key = probe.key;
  const std::vector<std::string> keys{key, key + "2"};

  auto one = co_await backends.store().get(key);
  add_action(report, "table", "dynamodb:GetItem", outcome_of(one));
  auto each = co_await backends.store().get_each(keys);
  add_action(report, "table", "dynamodb:BatchGetItem", outcome_of(each));
  auto created = co_await backends.store().create(std::move(probe));
  add_action(report, "table", "dynamodb:PutItem", created);
  auto removed = co_await backends.store().remove(key, 1);
  add_action(report, "table", "dynamodb:DeleteItem", outcome_of(removed));
}

base::Coroutine<void> examine_key(Backends& backends, bool kms, DoctorReport& report) {
  const vault::KeyContext context = backends.data_key_context();
  auto made = co_await backends.keys().generate(context);
  if (!made) {
    report.add(Verdict::bad, "sealing",
               (kms ? "kms:GenerateDataKey fails: " : "") + policy_hint(made.error()));
    co_return;
  }
  auto opened = co_await backends.keys().unwrap(made->wrapped, context);
  if (!opened) {
    report.add(Verdict::bad, "sealing",
               (kms ? "kms:Decrypt fails: " : "") + policy_hint(opened.error()));
    co_return;
  }
  report.add(Verdict::good, "sealing",
             kms ? "kms:GenerateDataKey and kms:Decrypt are allowed and work."
                 : "the master key wraps and unwraps.");
}

base::Coroutine<void> examine_token_keys(Backends& backends, DoctorReport& report) {
  auto first = co_await backends.store().get("KEY#1");
  if (!first && first.error().code == base::Errc::not_found) {
    report.add(Verdict::note, "token keys",
               "there are none yet; the first replica that serves makes them.");
    co_return;
  }
  auto loaded = co_await backends.load();
  if (!loaded) {
    report.add(Verdict::bad, "token keys", loaded.error().detail);
    co_return;
  }
  report.add(Verdict::good, "token keys", "are there and open.");
}

}  // namespace

base::Coroutine<void> examine_backends(const Config& config, Backends& backends,
                                       const base::Clock& clock, base::Random& random,
                                       DoctorReport& report) {
  if (aws::CachedCredentials* const credentials = backends.credentials()) {
    const bool found = co_await examine_credentials(*credentials, report);
    if (!found) co_return;
  }
  if (aws::JsonClient* const client = backends.dynamodb()) {
    co_await examine_settings_of_table(*client, config.dynamodb_table, report);
    co_await examine_actions_on_table(backends, clock, random, report);
  }
  const bool kms = config.key == KeyKind::kms;
  co_await examine_key(backends, kms, report);
  if (!kms) co_return;
  co_await examine_token_keys(backends, report);
}

}  // namespace gatehouse::gateway
