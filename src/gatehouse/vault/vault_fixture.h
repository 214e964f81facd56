// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/store/memory_record_store.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/data_keys.h"
#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/vault/local_key_provider.h"
#include "gatehouse/vault/token_keys.h"

// For the tests of this module and of those above it: a whole vault over a memory store whose calls
// can be made to fail, and whose rows can be written behind the vault's back.
namespace gatehouse::vault::testing {

inline constexpr boost::asio::use_awaitable_t<base::Executor> kAwait;

template <class T>
T run(boost::asio::io_context& loop, base::Coroutine<T> coroutine) {
  std::optional<T> result;
  boost::asio::co_spawn(loop.get_executor(), std::move(coroutine),
                        [&result](std::exception_ptr thrown, T value) {
                          if (thrown) std::rethrow_exception(thrown);
                          result.emplace(std::move(value));
                        });
  loop.restart();
  loop.run();
  if (!result) throw std::logic_error("the coroutine never ended");
  return std::move(*result);
}

// Side by side; results in the order of the coroutines.
template <class T>
std::vector<T> run_all(boost::asio::io_context& loop, std::vector<base::Coroutine<T>> coroutines) {
  std::vector<std::optional<T>> results(coroutines.size());
  for (std::size_t i = 0; i < coroutines.size(); ++i) {
    boost::asio::co_spawn(loop.get_executor(), std::move(coroutines[i]),
                          [&slot = results[i]](std::exception_ptr thrown, T value) {
                            if (thrown) std::rethrow_exception(thrown);
                            slot.emplace(std::move(value));
                          });
  }
  loop.restart();
  loop.run();
  std::vector<T> values;
  for (auto& result : results) values.push_back(std::move(result.value()));
  return values;
}

// A memory store between which and its user faults happen.
class FaultyStore final : public store::RecordStore {
 public:
  enum class Fault { before_commit, after_commit };

  explicit FaultyStore(const base::Clock& clock) : memory(clock) {}

  // The n-th call from now on fails (1 is the next one), and with `lasting` every one after it.
  void fail_at(int n, Fault fault, bool lasting) {
    calls = 0;
    fail_at_ = n;
    fault_ = fault;
    lasting_ = lasting;
  }
  void heal() { fail_at_ = 0; }
  bool failed() const { return fail_at_ > 0 && calls >= fail_at_; }

  base::Task<store::RecordPtr> get(std::string_view key) override {
    const bool failing = co_await begin();
    if (failing) co_return failure();
    auto result = co_await memory.get(key);
    co_return result;
  }
  base::Task<std::vector<store::RecordPtr>> get_each(
      const std::vector<std::string>& keys) override {
    const bool failing = co_await begin();
    if (failing) co_return failure();
    auto result = co_await memory.get_each(keys);
    co_return result;
  }
  base::Task<void> create(store::Record record) override {
    const bool failing = co_await begin();
    if (failing && fault_ == Fault::before_commit) co_return failure();
    auto result = co_await memory.create(std::move(record));
    if (failing) co_return failure();
    co_return result;
  }
  base::Task<void> replace(store::Record record) override {
    const bool failing = co_await begin();
    if (failing && fault_ == Fault::before_commit) co_return failure();
    auto result = co_await memory.replace(std::move(record));
    if (failing) co_return failure();
    co_return result;
  }
  base::Task<void> remove(std::string_view key, std::uint64_t generation) override {
    const bool failing = co_await begin();
    if (failing && fault_ == Fault::before_commit) co_return failure();
    auto result = co_await memory.remove(key, generation);
    if (failing) co_return failure();
    co_return result;
  }

  store::MemoryRecordStore memory;
  int calls = 0;
  bool yielding = false;  // gives way to other coroutines before every call

 private:
  base::Coroutine<bool> begin() {
    const base::Executor executor = co_await boost::asio::this_coro::executor;
    if (yielding) {
      co_await boost::asio::post(executor, kAwait);
    }
    ++calls;
    co_return fail_at_ > 0 && (lasting_ ? calls >= fail_at_ : calls == fail_at_);
  }
  static base::Error failure() {
    return base::Error{base::Errc::unavailable, "the store was made to fail"};
  }

  int fail_at_ = 0;
  Fault fault_ = Fault::before_commit;
  bool lasting_ = false;
};

// Counts calls and fails on demand.
class FaultyKeyProvider final : public KeyProvider {
 public:
  explicit FaultyKeyProvider(KeyProvider& inner) : inner_(inner) {}

  base::Task<DataKey> generate(const KeyContext& context) override {
    ++generated;
    const base::Executor executor = co_await boost::asio::this_coro::executor;
    co_await boost::asio::post(executor, kAwait);
    if (failure) co_return *failure;
    auto made = co_await inner_.generate(context);
    co_return made;
  }
  base::Task<base::Secret> unwrap(std::string_view wrapped, const KeyContext& context) override {
    ++unwrapped;
    const std::string copy(wrapped);
    const base::Executor executor = co_await boost::asio::this_coro::executor;
    co_await boost::asio::post(executor, kAwait);
    if (failure) co_return *failure;
    auto opened = co_await inner_.unwrap(copy, context);
    co_return opened;
  }
  base::Task<void> check() override { return inner_.check(); }

  int generated = 0;
  int unwrapped = 0;
  std::optional<base::Error> failure;

 private:
  KeyProvider& inner_;
};

inline std::vector<TokenKeys::Key> keys_of(std::uint8_t id, char fill) {
  std::vector<TokenKeys::Key> keys;
  keys.push_back(TokenKeys::Key{id, base::Secret::copy_of(std::string(32, fill))});
  return keys;
}

inline const base::SystemTime kStart = base::from_epoch_seconds(1'800'000'000);

// One process of the gateway as far as the vault goes. Several may share a store: replicas.
struct Replica {
  Replica(FaultyStore& shared_store, const base::Clock& clock, VaultOptions options = {})
      : provider(keys_of(1, 'M'), random),
        faulty_keys(provider),
        data_keys(faulty_keys, {{"app", "gatehouse"}, {"table", "gatehouse"}}, DataKeyLimits{},
                  clock),
        token_keys(keys_of(1, 'T')),
        vault(std::move(options), shared_store, data_keys, token_keys, clock, random, log) {}

  base::SystemRandom random;
  LocalKeyProvider provider;
  FaultyKeyProvider faulty_keys;
  DataKeys data_keys;
  TokenKeys token_keys;
  telemetry::MemoryLog log;
  GrantVault vault;
};

inline GrantTerms sample_terms(const base::Clock& clock, const std::string& user = "108123456") {
  GrantTerms terms;
  terms.user = base::UserId(user);
  terms.client = base::ClientId("client-one");
  terms.redirect_uri = "http://127.0.0.1:33418/callback";
  terms.code_challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
  terms.scopes = {"mail.read", "calendar.read", "drive.read"};
  terms.resource = "http://localhost:8080/mcp";
  terms.signed_in_at = clock.now();
  return terms;
}

inline UpstreamCredentials sample_upstream(const base::Clock& clock,
                                           const std::string& access = "ya29.canary-access-token",
                                           const std::string& refresh = "1//canary-refresh") {
  UpstreamCredentials upstream;
  upstream.access_token = base::Secret::copy_of(access);
  upstream.refresh_token = base::Secret::copy_of(refresh);
  upstream.access_expires = clock.now() + std::chrono::hours(1);
  upstream.scopes = {"https://www.googleapis.com/auth/gmail.readonly"};
  upstream.email = "canary.person@example.com";
  upstream.name = "Canary Person";
  upstream.domain = "example.com";
  return upstream;
}

struct World {
  explicit World(VaultOptions options = {})
      : clock(kStart), store(clock), replica(store, clock, std::move(options)) {}

  template <class T>
  T await(base::Coroutine<T> coroutine) {
    return run(loop, std::move(coroutine));
  }

  GrantVault& vault() { return replica.vault; }

  base::Secret new_code(const std::string& user = "108123456") {
    const GrantTerms terms = sample_terms(clock, user);
    const UpstreamCredentials upstream = sample_upstream(clock);
    auto code = await(vault().create_grant(terms, upstream));
    EXPECT_TRUE(code) << code.error().detail;
    return std::move(*code);
  }

  base::Result<IssuedTokens, RefusedError> redeem(const base::Secret& code) {
    auto pending = await(vault().open_code(code));
    if (!pending) return pending.error();
    return await(vault().redeem_code(std::move(*pending)));
  }

  IssuedTokens sign_in(const std::string& user = "108123456") {
    const base::Secret code = new_code(user);
    auto tokens = redeem(code);
    EXPECT_TRUE(tokens) << tokens.error().detail;
    return std::move(*tokens);
  }

  base::Result<LiveGrant, RefusedError> authenticate(const base::Secret& token) {
    auto live = await(vault().authenticate(token.reveal()));
    if (!live) return live.error();
    return **live;
  }

  base::Result<IssuedTokens, RefusedError> refresh(const base::Secret& token,
                                                   const std::vector<std::string>& scopes = {}) {
    return await(vault().refresh(token, scopes));
  }

  std::vector<store::RecordPtr> rows() {
    auto listed = await(store.memory.list("", "", 1000));
    EXPECT_TRUE(listed);
    return std::move(listed->records);
  }

  // The only row whose key begins like this; null when there is none.
  store::RecordPtr row(const std::string& prefix) {
    store::RecordPtr found;
    for (const store::RecordPtr& one : rows()) {
      if (one->key.starts_with(prefix)) found = one;
    }
    return found;
  }

  // Writes a row as somebody with access to the table would.
  void plant(const store::Record& record) {
    auto current = await(store.memory.get(record.key));
    if (current) {
      auto removed = await(store.memory.remove(record.key, (*current)->generation));
      EXPECT_TRUE(removed);
    }
    auto created = await(store.memory.create(record));
    EXPECT_TRUE(created) << created.error().detail;
  }

  boost::asio::io_context loop;
  base::FixedClock clock;
  FaultyStore store;
  Replica replica;
};

// What a call was refused with; nullopt when it succeeded.
template <class T>
std::optional<Refused> refusal_of(const base::Result<T, RefusedError>& result) {
  if (result) return std::nullopt;
  return result.error().code;
}

}  // namespace gatehouse::vault::testing
