// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/upstream_tokens.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <optional>

#include "gatehouse/store/memory_record_store.h"
#include "gatehouse/vault/local_key_provider.h"

namespace gatehouse::gateway {
namespace {

using namespace std::chrono_literals;
using base::Secret;
using identity::Refusal;
using telemetry::RequestTrace;

constexpr boost::asio::use_awaitable_t<base::Executor> kAwait;
const base::SystemTime kStart = base::from_epoch_seconds(1'790'000'000);

// Answers refreshes as told, after giving others a turn.
class ScriptedProvider final : public identity::IdentityProvider {
 public:
  identity::IdentityTask<std::string> authorization_url(const identity::AuthorizationUrl&,
                                                        const RequestTrace&) override {
    co_return std::string("unused");
  }
  identity::IdentityTask<identity::SignIn> sign_in(const Secret&, const Secret&, std::string_view,
                                                   const RequestTrace&) override {
    co_return identity::RefusalError{Refusal::provider_refused, "unused"};
  }
  identity::IdentityTask<identity::UpstreamTokens> refresh(const Secret&,
                                                           const RequestTrace& trace) override {
    ++refreshes;
    asked_in = trace.trace_id();
    auto executor = co_await boost::asio::this_coro::executor;
    for (int turn = 0; turn < 10; ++turn) {
      co_await boost::asio::post(executor, kAwait);
    }
    const int mine = refreshes;
    if (meanwhile) {
      co_await meanwhile();
    }
    if (refusal) co_return identity::RefusalError{*refusal, "scripted"};
    identity::UpstreamTokens tokens;
    tokens.access_token = Secret::copy_of("google-access-" + std::to_string(mine));
    tokens.access_expires = expires;
    co_return tokens;
  }
  identity::IdentityTask<void> revoke(const Secret&, const RequestTrace&) override {
    co_return base::Result<void, identity::RefusalError>();
  }
  identity::IdentityTask<void> check() override {
    co_return base::Result<void, identity::RefusalError>();
  }

  int refreshes = 0;
  std::string asked_in;  // the trace of the last refresh
  std::optional<Refusal> refusal;
  std::function<base::Coroutine<void>()> meanwhile;  // what others do before Google answers
  base::SystemTime expires = kStart + 2h;
};

std::vector<vault::TokenKeys::Key> one_key(base::Random& random) {
  std::vector<vault::TokenKeys::Key> keys;
  keys.push_back({1, random.secret(32)});
  return keys;
}

class UpstreamTokensTest : public testing::Test {
 protected:
  template <class T>
  T run(base::Coroutine<T> work) {
    std::optional<T> result;
    loop_.restart();
    boost::asio::co_spawn(loop_.get_executor(), keep(std::move(work), result),
                          [](std::exception_ptr trouble) {
                            if (trouble) std::rethrow_exception(trouble);
                          });
    loop_.run();
    return std::move(*result);
  }

  template <class T>
  static base::Coroutine<void> keep(base::Coroutine<T> work, std::optional<T>& result) {
    auto value = co_await std::move(work);
    result.emplace(std::move(value));
  }

  // A signed-in user whose Google token ends at `access_expires`.
  void sign_in(base::SystemTime access_expires) {
    vault::GrantTerms terms;
    terms.user = base::UserId("1234567890");
    terms.client = base::ClientId("client");
    terms.redirect_uri = "http://127.0.0.1/cb";
    terms.code_challenge = std::string(43, 'a');
    terms.scopes = {"workspace.read"};
    terms.resource = "http://localhost:8080/mcp";
    terms.signed_in_at = clock_.now();
    vault::UpstreamCredentials upstream;
    upstream.access_token = Secret::copy_of("google-access-0");
    upstream.refresh_token = Secret::copy_of("google-refresh");
    upstream.access_expires = access_expires;
    upstream.email = "alice@acme.example";
    auto code = run(vault_.create_grant(terms, upstream));
    ASSERT_TRUE(code);
    auto pending = run(vault_.open_code(*code));
    ASSERT_TRUE(pending);
    auto issued = run(vault_.redeem_code(std::move(*pending)));
    ASSERT_TRUE(issued);
    bearer_ = std::move(issued->access_token);
  }

  base::Result<vault::LiveGrant, vault::RefusedError> authenticate() {
    auto grant = run(vault_.authenticate(bearer_.reveal()));
    if (!grant) return grant.error();
    return **grant;
  }

  google::ApiResult<UpstreamTokens::Fresh> credentials(const Secret& rejected = Secret()) {
    auto grant = authenticate();
    EXPECT_TRUE(grant);
    return run(tokens_.credentials(*grant, bearer_, rejected, trace_));
  }

  static std::string token_in(const google::ApiResult<UpstreamTokens::Fresh>& fresh) {
    return fresh ? std::string(fresh->credentials.access_token.reveal())
                 : std::string(name_of(fresh.error().code));
  }

  base::FixedClock clock_{kStart};
  base::SeededRandom random_{11};
  telemetry::MemoryLog log_;
  boost::asio::io_context loop_{1};
  store::MemoryRecordStore store_{clock_};
  vault::LocalKeyProvider keys_{one_key(random_), random_};
  vault::TokenKeys token_keys_{one_key(random_)};
  vault::DataKeys data_keys_{keys_, {{"app", "gatehouse"}}, {}, clock_};
  vault::GrantVault vault_{{}, store_, data_keys_, token_keys_, clock_, random_, log_};
  ScriptedProvider provider_;
  UpstreamTokens tokens_{loop_, vault_, provider_, {}, clock_, random_, log_};
  Secret bearer_;
  RequestTrace trace_{{}, random_};
};

TEST_F(UpstreamTokensTest, UsesATokenThatIsStillGood) {
  sign_in(kStart + 1h);

  auto fresh = credentials();

  EXPECT_EQ(token_in(fresh), "google-access-0");
  EXPECT_EQ(provider_.refreshes, 0);
}

TEST_F(UpstreamTokensTest, NeverHandsOutARefreshToken) {
  sign_in(kStart + 1h);

  auto fresh = credentials();

  ASSERT_TRUE(fresh);
  EXPECT_TRUE(fresh->credentials.refresh_token.empty());
}

TEST_F(UpstreamTokensTest, RefreshesOneThatIsAboutToEndAndKeepsIt) {
  sign_in(kStart + 60s);

  EXPECT_EQ(token_in(credentials()), "google-access-1");
  EXPECT_EQ(token_in(credentials()), "google-access-1");
  EXPECT_EQ(provider_.refreshes, 1);
}

TEST_F(UpstreamTokensTest, OneRefreshHoweverManyCallsWantOne) {  // peer D10
  sign_in(kStart + 60s);
  auto grant = authenticate();
  ASSERT_TRUE(grant);
  const Secret none;
  std::vector<std::optional<google::ApiResult<UpstreamTokens::Fresh>>> results(16);

  loop_.restart();
  for (auto& result : results) {
    boost::asio::co_spawn(loop_.get_executor(),
                          keep(tokens_.credentials(*grant, bearer_, none, trace_), result),
                          [](std::exception_ptr trouble) {
                            if (trouble) std::rethrow_exception(trouble);
                          });
  }
  loop_.run();

  for (auto& result : results) EXPECT_EQ(token_in(*result), "google-access-1");
  EXPECT_EQ(provider_.refreshes, 1);
}

TEST_F(UpstreamTokensTest, AsksGoogleInTheTraceOfTheCallThatBeganTheRefresh) {
  sign_in(kStart + 60s);
  provider_.refusal = Refusal::provider_unreachable;
  EXPECT_FALSE(credentials());
  EXPECT_EQ(provider_.asked_in, trace_.trace_id());
  const std::string name = R"("trace_id":")" + std::string(trace_.trace_id());
  const std::size_t line = log_.text().find("google token refresh failed");
  ASSERT_NE(line, std::string::npos);
  EXPECT_NE(log_.text().find(name, line), std::string::npos) << log_.text();

  sign_in(clock_.now() + 60s);
  provider_.refusal.reset();
  const std::string earlier(trace_.trace_id());
  trace_ = RequestTrace({}, random_);
  EXPECT_TRUE(credentials());
  EXPECT_EQ(provider_.asked_in, trace_.trace_id());
  EXPECT_NE(provider_.asked_in, earlier);
}

TEST_F(UpstreamTokensTest, ReplacesATokenGoogleHasRejected) {  // GO-01, GO-15
  sign_in(kStart + 1h);
  Secret rejected = Secret::copy_of("google-access-0");

  EXPECT_EQ(token_in(credentials(rejected)), "google-access-1");
  EXPECT_EQ(token_in(credentials(rejected)), "google-access-1")
      << "already newer than the rejected one";
  EXPECT_EQ(provider_.refreshes, 1);
}

TEST_F(UpstreamTokensTest, DeadGrantEndsTheSession) {  // GO-02
  sign_in(kStart + 60s);
  provider_.refusal = Refusal::refresh_revoked;

  EXPECT_EQ(token_in(credentials()), "reconsent_needed");

  auto after = authenticate();
  EXPECT_FALSE(after);
}

TEST_F(UpstreamTokensTest, TransientFaultsEndNothing) {  // GO-11, I13
  for (Refusal refusal :
       {Refusal::provider_unreachable, Refusal::client_misconfigured, Refusal::provider_refused}) {
    sign_in(clock_.now() + 60s);
    provider_.refusal = refusal;
    EXPECT_FALSE(credentials());
    EXPECT_TRUE(authenticate());

    provider_.refusal.reset();
    EXPECT_TRUE(credentials());
  }
}

TEST_F(UpstreamTokensTest, RefusalIsExplainedAndLogsNoToken) {
  sign_in(kStart + 60s);
  provider_.refusal = Refusal::refresh_revoked;

  auto fresh = credentials();

  ASSERT_FALSE(fresh);
  EXPECT_NE(fresh.error().message.find("sign-in"), std::string::npos);
  EXPECT_EQ(log_.text().find("google-refresh"), std::string::npos);
}

// Two replicas on one store: vaults and tokens of their own, the same keys.
class SharedUpstreamTokensTest : public UpstreamTokensTest {
 protected:
  static UpstreamTokensOptions shared() {
    UpstreamTokensOptions options;
    options.shared_store = true;
    options.lease_time = 1s;
    options.poll_interval = 2ms;
    return options;
  }
  std::string token_from(UpstreamTokens& replica) {
    auto grant = authenticate();
    EXPECT_TRUE(grant);
    const Secret none;
    return token_in(run(replica.credentials(*grant, bearer_, none, trace_)));
  }
  store::RecordPtr row() {
    auto page = run(store_.list("GRANT#", "", 100));
    return page->records.back();
  }
  // What another replica would do: a refresh stored with whatever Google gave it.
  base::Coroutine<void> save_as_another_replica() {
    auto grant = co_await other_vault_.authenticate(bearer_.reveal());
    vault::UpstreamCredentials upstream;
    upstream.access_token = Secret::copy_of("google-access-of-another");
    upstream.access_expires = kStart + 2h;
    auto saved = co_await other_vault_.save_upstream(**grant, bearer_.reveal(), upstream);
    EXPECT_TRUE(saved);
  }
  // A replica that dies half-way through.
  void lease_to_the_dead(base::SystemTime until) {
    auto grant = authenticate();
    ASSERT_TRUE(grant);
    const std::string owner = "dead";
    auto lease = run(vault_.lease_upstream(*grant, bearer_.reveal(), owner, until));
    ASSERT_TRUE(lease && lease->ours);
  }

  vault::DataKeys other_data_keys_{keys_, {{"app", "gatehouse"}}, {}, clock_};
  vault::GrantVault other_vault_{{}, store_, other_data_keys_, token_keys_, clock_, random_, log_};
  UpstreamTokens one_{loop_, vault_, provider_, shared(), clock_, random_, log_};
  UpstreamTokens other_{loop_, other_vault_, provider_, shared(), clock_, random_, log_};
};

TEST_F(SharedUpstreamTokensTest, OneRefreshHoweverManyReplicasWantOne) {
  sign_in(kStart + 60s);
  auto grant = authenticate();
  ASSERT_TRUE(grant);
  const Secret none;
  std::vector<std::optional<google::ApiResult<UpstreamTokens::Fresh>>> results(16);
  loop_.restart();
  for (std::size_t i = 0; i < results.size(); ++i) {
    UpstreamTokens& replica = i % 2 == 0 ? one_ : other_;
    boost::asio::co_spawn(loop_.get_executor(),
                          keep(replica.credentials(*grant, bearer_, none, trace_), results[i]),
                          [](std::exception_ptr trouble) {
                            if (trouble) std::rethrow_exception(trouble);
                          });
  }
  loop_.run();

  for (auto& result : results) EXPECT_EQ(token_in(*result), "google-access-1");
  EXPECT_EQ(provider_.refreshes, 1);
  EXPECT_FALSE(row()->has("leaseOwner"));
}

TEST_F(SharedUpstreamTokensTest, TakesOverALeaseThatHasEnded) {
  sign_in(kStart + 60s);
  lease_to_the_dead(clock_.now() + 15s);
  clock_.advance(15s);
  EXPECT_EQ(token_from(other_), "google-access-1");
  EXPECT_FALSE(row()->has("leaseOwner"));
}

// TM-05: the calendar stands still, or the dead one's clock was ahead; the wait ends all the same.
TEST_F(SharedUpstreamTokensTest, WaitsNoLongerThanALeaseTakes) {
  sign_in(kStart + 60s);
  lease_to_the_dead(clock_.now() + 1000h);
  EXPECT_EQ(token_from(other_), "google-access-1");
  EXPECT_EQ(provider_.refreshes, 1);
}

TEST_F(SharedUpstreamTokensTest, GivesTheLeaseBackWhenGoogleFails) {
  sign_in(kStart + 60s);
  provider_.refusal = Refusal::provider_unreachable;
  EXPECT_EQ(token_from(one_), "google_unavailable");
  EXPECT_FALSE(row()->has("leaseOwner"));
  provider_.refusal.reset();
  EXPECT_EQ(token_from(other_), "google-access-2");
}

// I5: the one who stored first is right, and the other uses that.
TEST_F(SharedUpstreamTokensTest, UsesWhatAnotherReplicaStoredMeanwhile) {
  sign_in(kStart + 60s);
  provider_.meanwhile = [this] { return save_as_another_replica(); };
  EXPECT_EQ(token_from(one_), "google-access-of-another");
}

// GO-02: a refused token that is no longer the row's ends nothing.
TEST_F(SharedUpstreamTokensTest, ARefusalOfATokenReplacedMeanwhileEndsNothing) {
  sign_in(kStart + 60s);
  provider_.meanwhile = [this] { return save_as_another_replica(); };
  provider_.refusal = Refusal::refresh_revoked;
  EXPECT_EQ(token_from(one_), "google-access-of-another");
  EXPECT_TRUE(authenticate());
}

TEST_F(SharedUpstreamTokensTest, AStoreOfOnesOwnNeedsNoLease) {
  sign_in(kStart + 60s);
  const std::uint64_t before = row()->generation;
  EXPECT_EQ(token_from(tokens_), "google-access-1");
  EXPECT_EQ(row()->generation, before + 1) << "one write: the new token";
}

}  // namespace
}  // namespace gatehouse::gateway
