// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/doctor_backends.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/aws/cached_credentials.h"
#include "gatehouse/gateway/doctor_advice.h"
#include "gatehouse/gateway/doctor_key.h"
#include "gatehouse/store/dynamodb_table.h"
#include "gatehouse/store/record_rules.h"

namespace gatehouse::gateway {
namespace {

constexpr std::chrono::seconds kProbeLifetime{60};
constexpr int kTokenKeyIdMax = 255;

enum class TableState { absent, examined, not_shown, unreachable };

// One action that serving needs, by the outcome of having tried it. Whether others are worth
// trying.
bool add_action(DoctorReport& report, const std::string& action,
                const base::Result<void>& outcome) {
  if (outcome) {
    report.add(Verdict::good, "table", action + " is allowed and works.");
    return true;
  }
  report.add(Verdict::bad, "table", action + " fails: " + with_advice(outcome.error()));
  return is_about_one_action(outcome.error());
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
    report.add(Verdict::bad, "credentials", found.error().detail + ".");
    co_return false;
  }
  std::string text = "of AWS come from " + found->source;
  text += found->expires ? " and are renewed before they end." : ".";
  report.add(Verdict::good, "credentials", text);
  co_return true;
}

std::string as_step(const std::string& remedy) {
  return remedy.starts_with("aws ") ? "Run: " + remedy : remedy + ".";
}

base::Coroutine<TableState> examine_settings_of_table(aws::JsonClient& client,
                                                      const std::string& name,
                                                      DoctorReport& report) {
  store::DynamodbTable table(client, name);
  auto examined = co_await table.examine();
  if (!examined && examined.error().code == base::Errc::not_found) {
    report.add(Verdict::bad, "table",
               "there is no table " + name + " in " + client.endpoint().region +
                   ". Make it with `gatehouse store init`, or set GATEHOUSE_STORE and AWS_REGION "
                   "to where it is.");
    co_return TableState::absent;
  }
  if (!examined && is_about_one_action(examined.error())) {
    report.add(Verdict::note, "table",
               "its settings cannot be read with these credentials, which serving does not need. "
               "`gatehouse store init`, run as an operator (deploy/aws/maintenance-policy.json), "
               "compares them and changes nothing of a table that is there.");
    co_return TableState::not_shown;
  }
  if (!examined) {
    report.add(Verdict::bad, "table", "cannot be looked at: " + with_advice(examined.error()));
    co_return TableState::unreachable;
  }
  for (const store::TableDifference& difference : examined->differences) {
    report.add(Verdict::bad, "table",
               difference.what + " is " + difference.found + ", not " + difference.wanted + ". " +
                   as_step(difference.remedy));
  }
  if (examined->differences.empty())
    report.add(Verdict::good, "table", examined->arn + " has the right settings.");
  co_return TableState::examined;
}

// Whether records can be read. Stops at a failure that the other actions would only repeat.
base::Coroutine<bool> examine_actions_on_table(Backends& backends, const base::Clock& clock,
                                               base::Random& random, DoctorReport& report) {
  store::Record probe;
  probe.key = "PROBE#" + random.token(16);
  probe.ttl = base::epoch_seconds(clock.now() + kProbeLifetime);
  probe.write_id = random.token(12);
  const std::string key = probe.key;
  const std::vector<std::string> keys{key, key + "2"};

  auto one = co_await backends.store().get(key);
  if (!add_action(report, "dynamodb:GetItem", outcome_of(one))) co_return false;
  auto each = co_await backends.store().get_each(keys);
  if (!add_action(report, "dynamodb:BatchGetItem", outcome_of(each))) co_return false;
  auto created = co_await backends.store().create(std::move(probe));
  if (!add_action(report, "dynamodb:PutItem", created)) co_return false;
  auto removed = co_await backends.store().remove(key, 1);
  if (!add_action(report, "dynamodb:DeleteItem", outcome_of(removed))) co_return false;
  co_return outcome_of(each).has_value();
}

base::Coroutine<void> examine_key(Backends& backends, bool kms, DoctorReport& report) {
  const vault::KeyContext context = backends.data_key_context();
  auto made = co_await backends.keys().generate(context);
  if (!made) {
    report.add(Verdict::bad, "sealing",
               (kms ? "kms:GenerateDataKey fails: " : "") + with_advice(made.error()));
    co_return;
  }
  auto opened = co_await backends.keys().unwrap(made->wrapped, context);
  if (!opened) {
    report.add(Verdict::bad, "sealing",
               (kms ? "kms:Decrypt fails: " : "") + with_advice(opened.error()));
    co_return;
  }
  report.add(Verdict::good, "sealing",
             kms ? "kms:GenerateDataKey and kms:Decrypt are allowed and work."
                 : "the master key wraps and unwraps.");
}

// The first one is gone once its successors serve, so all of them are looked for.
base::Task<bool> has_token_keys(store::RecordStore& store) {
  for (int id = 1; id <= kTokenKeyIdMax;) {
    std::vector<std::string> keys;
    for (; id <= kTokenKeyIdMax && keys.size() < store::kKeysPerReadMax; ++id)
      keys.push_back("KEY#" + std::to_string(id));
    auto found = co_await store.get_each(keys);
    if (!found) co_return found.error();
    const bool any = std::any_of(found->begin(), found->end(),
                                 [](const store::RecordPtr& one) { return one != nullptr; });
    if (any) co_return true;
  }
  co_return false;
}

base::Coroutine<void> examine_token_keys(Backends& backends, DoctorReport& report) {
  auto there = co_await has_token_keys(backends.store());
  if (there && !*there) {
    report.add(Verdict::note, "token keys",
               "there are none yet; the first replica that serves makes them.");
    co_return;
  }
  auto loaded = co_await backends.load();
  if (!loaded) {
    report.add(Verdict::bad, "token keys", with_advice(loaded.error()));
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
  bool is_operator = false;
  bool can_read = true;
  if (aws::JsonClient* const client = backends.dynamodb()) {
    const TableState table =
        co_await examine_settings_of_table(*client, config.dynamodb_table, report);
    is_operator = table == TableState::examined;
    can_read = false;
    if (is_operator || table == TableState::not_shown) {
      const bool reads = co_await examine_actions_on_table(backends, clock, random, report);
      can_read = reads;
    }
  }
  const bool kms = config.key == KeyKind::kms;
  if (kms && is_operator)
    co_await examine_settings_of_keys(*backends.kms(), config.kms_keys, report);
  co_await examine_key(backends, kms, report);
  if (!kms || !can_read) co_return;
  co_await examine_token_keys(backends, report);
}

}  // namespace gatehouse::gateway
