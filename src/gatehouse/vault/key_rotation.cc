// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/vault/key_rotation.h"

#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/vault/record_seal.h"

namespace gatehouse::vault {
namespace {

using base::Errc;
using base::Error;
using telemetry::Field;

constexpr std::size_t kRowsPerPage = 100;
// A replica makes a data key a day, so this many in one run are somebody's doing; then the cache
// starts anew.
constexpr std::size_t kRememberedMax = 10'000;
constexpr int kAttemptsMax = 3;

bool is_token_key(const store::Record& record) { return record.key.starts_with("KEY#"); }

Error stopped(const Error& error, const RotationReport& report) {
  return Error{error.code, "stopped after " + std::to_string(report.rows) + " rows, " +
                               std::to_string(report.rewrapped) +
                               " of them rewrapped; run it again to finish: " + error.detail};
}

// The first characters of the key's hash, as other log lines name a row.
std::string short_name(const std::string& key) {
  return base::hex_encode(crypto::view(crypto::sha256(key))).substr(0, 6);
}

}  // namespace

KeyRotation::KeyRotation(store::Enumerable& rows, KeyRewrapper& rewrapper,
                         KeyContext data_key_context, KeyContext token_key_context,
                         telemetry::Log& log)
    : rows_(rows),
      rewrapper_(rewrapper),
      data_key_context_(std::move(data_key_context)),
      token_key_context_(std::move(token_key_context)),
      log_(log) {}

base::Task<RotationReport> KeyRotation::run() {
  RotationReport report;
  rewrapped_.clear();
  std::string from;
  do {
    auto page = co_await rows_.list("", from, kRowsPerPage);
    if (!page) co_return stopped(page.error(), report);
    for (const store::RecordPtr& record : page->records) {
      auto outcome = co_await rotate(record);
      if (!outcome) co_return stopped(outcome.error(), report);
      ++report.rows;
      if (*outcome == Outcome::rewrapped) ++report.rewrapped;
      if (*outcome == Outcome::current) ++report.current;
      if (*outcome == Outcome::moved_on) ++report.moved_on;
      if (*outcome == Outcome::refused) ++report.refused;
    }
    from = page->next;
  } while (!from.empty());
  co_return report;
}

base::Task<KeyRotation::Outcome> KeyRotation::rotate(store::RecordPtr record) {
  const base::Result<std::string> wrapped = wrapped_key_of(*record);
  if (!wrapped || wrapped->empty()) {
    log_.warn("record has no data key that could be rewrapped; it was kept",
              {{Field::grant, short_name(record->key)}});
    co_return Outcome::refused;
  }
  const KeyContext& context = is_token_key(*record) ? token_key_context_ : data_key_context_;
  auto renewed = co_await rewrapped(*wrapped, context);
  if (!renewed) co_return renewed.error();
  if (renewed->empty()) co_return Outcome::refused;
  if (*renewed == *wrapped) co_return Outcome::current;
  store::Record amended = *record;
  amended.attributes.insert_or_assign(attribute::kDataKey, base::base64_encode(*renewed));
  auto outcome = co_await amend(std::move(amended));
  co_return outcome;
}

base::Task<std::string> KeyRotation::rewrapped(const std::string& wrapped,
                                               const KeyContext& context) {
  // Which context is part of the name: a token key's text in another row does not open there.
  const std::string name = (&context == &token_key_context_ ? 'k' : 'd') + wrapped;
  const auto known = rewrapped_.find(name);
  if (known != rewrapped_.end()) co_return known->second;
  std::string result;
  auto renewed = co_await rewrapper_.rewrap(wrapped, context);
  if (renewed) {
    result = std::move(*renewed);
  } else {
    const Errc code = renewed.error().code;
    if (code != Errc::denied) co_return renewed.error();
    log_.error("data key does not unwrap; the records sealed with it were kept",
               {{Field::detail, renewed.error().detail}});
  }
  if (rewrapped_.size() >= kRememberedMax) rewrapped_.clear();
  rewrapped_[name] = result;
  co_return result;
}

base::Task<KeyRotation::Outcome> KeyRotation::amend(store::Record record) {
  Error trouble{Errc::unavailable, "the store does not answer"};
  // The same write again does no harm: its condition still holds after it took effect.
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    store::Record copy = record;
    auto amended = co_await rows_.amend(std::move(copy));
    if (amended) co_return Outcome::rewrapped;
    trouble = amended.error();
    if (trouble.code == Errc::conflict) co_return Outcome::moved_on;
    if (trouble.code == Errc::invalid_argument) break;
  }
  co_return trouble;
}

}  // namespace gatehouse::vault
