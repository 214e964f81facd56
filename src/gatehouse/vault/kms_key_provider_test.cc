// SPDX-License-Identifier: Apache-2.0
// Against scripted answers; and against a KMS that answers by HTTP when GATEHOUSE_TEST_KMS names
// its endpoint, for instance python3 -m moto.server -H 127.0.0.1 -p 26000.
#include "gatehouse/vault/kms_key_provider.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json.h"
#include "gatehouse/http/await_for_test.h"
#include "gatehouse/http/curl_client.h"
#include "gatehouse/http/scripted_client.h"
#include "gatehouse/vault/key_provider_conformance.h"

namespace gatehouse::vault {
namespace {

using base::Errc;
using base::Secret;
using http::ScriptedClient;
using http::SeenRequest;
using ::testing::HasSubstr;
using ::testing::Not;

class StaticSource final : public aws::CredentialsSource {
 public:
  base::Task<aws::Credentials> fetch() override {
    aws::Credentials credentials;
    credentials.access_key_id = "AKIAIOSFODNN7EXAMPLE";
    credentials.secret_access_key = Secret::copy_of("a/secret+key");
    credentials.source = "test";
    co_return credentials;
  }
};

base::Coroutine<void> no_time() { co_return; }

aws::JsonClientOptions without_pauses() {
  aws::JsonClientOptions options;
  options.pause = [](std::chrono::milliseconds) { return no_time(); };
  return options;
}

aws::Endpoint kms_at(const std::string& url) {
  aws::Endpoint endpoint;
  endpoint.url = url;
  endpoint.region = "eu-central-1";
  return endpoint;
}

constexpr char kId[] = "1234abcd-12ab-34cd-56ef-1234567890ab";
constexpr char kArn[] =
    "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
constexpr char kOldId[] = "0987dcba-09fe-87dc-65ba-ab0987654321";
constexpr char kOldArn[] =
    "arn:aws:kms:eu-central-1:111122223333:key/0987dcba-09fe-87dc-65ba-ab0987654321";
constexpr char kForeignArn[] =
    "arn:aws:kms:eu-central-1:999999999999:key/ffffffff-12ab-34cd-56ef-1234567890ab";
constexpr char kAlias[] = "alias/gatehouse";

class KmsKeyProviderTest : public ::testing::Test {
 protected:
  KmsKeyProviderTest() {
    http.set_script([this](const SeenRequest&) {
      if (answers.empty()) return ScriptedClient::failure(Errc::unavailable);
      auto next = std::move(answers.front());
      if (answers.size() > 1 || !last_repeats) answers.pop_front();
      return next;
    });
  }

  KmsKeyProvider with(std::vector<std::string> keys) {
    return KmsKeyProvider(client, std::move(keys), context);
  }
  void will_answer(const std::string& body) {
    answers.push_back(ScriptedClient::answer(200, body));
  }
  void will_refuse(const std::string& type, int status = 400) {
    answers.push_back(ScriptedClient::answer(
        status, R"({"__type":")" + type + R"(","message":"in KMS's words."})"));
  }
  static std::string data_key_answer(const std::string& arn, char fill = 'K') {
    return R"({"KeyId":")" + arn + R"(","Plaintext":")" +
           base::base64_encode(std::string(32, fill)) + R"(","CiphertextBlob":"d3JhcHBlZA=="})";
  }
  static std::string reencrypt_answer(const std::string& from, const std::string& to) {
    return R"({"KeyId":")" + to + R"(","SourceKeyId":")" + from +
           R"(","CiphertextBlob":"cmVuZXdlZA=="})";
  }
  auto generate(KmsKeyProvider& provider) { return testing::run(loop, provider.generate(context)); }
  auto unwrap(KmsKeyProvider& provider, const std::string& wrapped = "wrapped") {
    return testing::run(loop, provider.unwrap(wrapped, context));
  }
  auto rewrap(KmsKeyProvider& provider) {
    return testing::run(loop, provider.rewrap("wrapped", context));
  }
  // The n-th request, counted from the end: 1 is the last.
  base::JsonDocument sent(std::size_t from_end = 1) const {
    auto document = base::JsonDocument::parse(http.seen()[http.seen().size() - from_end].body);
    EXPECT_TRUE(document);
    return std::move(*document);
  }
  std::string action(std::size_t from_end = 1) const {
    return std::string(http.seen()[http.seen().size() - from_end].header("X-Amz-Target"));
  }

  const KeyContext context{{"app", "gatehouse"}, {"table", "t"}, {"v", "1"}};
  boost::asio::io_context loop;
  base::FixedClock clock{testing::kStart};
  base::SystemRandom random;
  telemetry::MemoryLog log;
  ScriptedClient http;
  std::deque<ScriptedClient::Answer> answers;
  bool last_repeats = false;
  aws::CachedCredentials credentials{std::make_unique<StaticSource>(), clock, log};
  aws::JsonClient client{aws::Service::kms,
                         kms_at("https://kms.eu-central-1.amazonaws.com"),
                         http,
                         credentials,
                         without_pauses(),
                         clock,
                         random,
                         log};
};

// VA-13, VA-14
TEST_F(KmsKeyProviderTest, SendsTheContextWithEveryCall) {
  KmsKeyProvider provider = with({kId});
  will_answer(data_key_answer(kArn));
  auto made = generate(provider);
  ASSERT_TRUE(made) << made.error().detail;
  EXPECT_EQ(made->plaintext.reveal(), std::string(32, 'K'));
  EXPECT_EQ(made->wrapped, "wrapped");
  EXPECT_EQ(action(), "TrentService.GenerateDataKey");
  EXPECT_EQ(sent().root().to_text(),
            R"({"KeyId":"1234abcd-12ab-34cd-56ef-1234567890ab","KeySpec":"AES_256",)"
            R"("EncryptionContext":{"app":"gatehouse","table":"t","v":"1"}})");

  will_answer(data_key_answer(kArn));
  auto opened = unwrap(provider);
  ASSERT_TRUE(opened) << opened.error().detail;
  EXPECT_EQ(action(), "TrentService.Decrypt");
  EXPECT_EQ(sent().root().to_text(),
            R"({"CiphertextBlob":"d3JhcHBlZA==","KeyId":"1234abcd-12ab-34cd-56ef-1234567890ab",)"
            R"("EncryptionContext":{"app":"gatehouse","table":"t","v":"1"}})");

  will_answer(reencrypt_answer(kOldArn, kArn));
  KmsKeyProvider both = with({kId, kOldId});
  auto renewed = rewrap(both);
  ASSERT_TRUE(renewed) << renewed.error().detail;
  EXPECT_EQ(action(), "TrentService.ReEncrypt");
  EXPECT_EQ(sent().root().to_text(),
            R"({"CiphertextBlob":"d3JhcHBlZA==",)"
            R"("DestinationKeyId":"1234abcd-12ab-34cd-56ef-1234567890ab",)"
            R"("SourceEncryptionContext":{"app":"gatehouse","table":"t","v":"1"},)"
            R"("DestinationEncryptionContext":{"app":"gatehouse","table":"t","v":"1"}})");
}

TEST_F(KmsKeyProviderTest, OpensOnlyWhatAKeyOfOursWrapped) {
  const struct {
    const char* name;
    std::vector<std::string> keys;
    const char* answered;
    bool opens;
  } cases[] = {
      {"the id", {kId}, kArn, true},
      {"the ARN", {kArn}, kArn, true},
      {"an older id", {kId, kOldId}, kOldArn, true},
      {"an older ARN", {kArn, kOldArn}, kOldArn, true},
      {"not the older one", {kId}, kOldArn, false},
      {"a stranger's", {kId, kOldId}, kForeignArn, false},
      {"a stranger's that ends alike", {"7890ab"}, kArn, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    KmsKeyProvider provider = with(c.keys);
    will_answer(data_key_answer(c.answered));
    auto opened = unwrap(provider);
    EXPECT_EQ(bool(opened), c.opens);
    if (!opened) EXPECT_EQ(opened.error().code, Errc::denied);
  }
}

TEST_F(KmsKeyProviderTest, LearnsWhatAnAliasStandsFor) {
  KmsKeyProvider provider = with({kAlias, kOldId});
  will_answer(data_key_answer(kArn));  // Decrypt
  will_answer(data_key_answer(kArn));  // GenerateDataKey says what the alias is
  EXPECT_TRUE(unwrap(provider));
  EXPECT_EQ(action(), "TrentService.GenerateDataKey");
  will_answer(data_key_answer(kArn));
  EXPECT_TRUE(unwrap(provider)) << "known from then on";
  EXPECT_EQ(action(), "TrentService.Decrypt");
  will_answer(data_key_answer(kForeignArn));
  auto foreign = unwrap(provider);
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code, Errc::denied);

  // Moved to another key: the old one still opens in this process, the new one from now on.
  will_answer(data_key_answer(kForeignArn));
  EXPECT_TRUE(generate(provider));
  will_answer(data_key_answer(kForeignArn));
  EXPECT_TRUE(unwrap(provider));
  will_answer(data_key_answer(kArn));
  EXPECT_TRUE(unwrap(provider));
}

TEST_F(KmsKeyProviderTest, LetsKmsCheckASoleAlias) {
  KmsKeyProvider provider = with({kAlias});
  will_answer(data_key_answer(kArn));
  EXPECT_TRUE(unwrap(provider));
  EXPECT_EQ(sent().root().find_string("KeyId"), kAlias);
}

// VA-23, ST-18
TEST_F(KmsKeyProviderTest, SaysWhatEachRefusalMeans) {
  const struct {
    const char* type;
    Errc code;
    const char* remedy;
  } cases[] = {
      {"AccessDeniedException", Errc::not_found, "Allow this action"},
      {"DisabledException", Errc::not_found, "enable-key"},
      {"KMSInvalidStateException", Errc::not_found, "cancel-key-deletion"},
      {"InvalidCiphertextException", Errc::denied, "InvalidCiphertextException"},
      {"IncorrectKeyException", Errc::denied, "IncorrectKeyException"},
      {"InvalidKeyUsageException", Errc::not_found, "InvalidKeyUsageException"},
      {"ValidationException", Errc::not_found, "ValidationException"},
      {"NotFoundException", Errc::not_found, "GATEHOUSE_KEY"},
      {"InvalidArnException", Errc::not_found, "InvalidArnException"},
  };
  KmsKeyProvider provider = with({kId});
  for (const auto& c : cases) {
    SCOPED_TRACE(c.type);
    for (int operation = 0; operation < 3; ++operation) {
      will_refuse(c.type);
      const std::size_t before = http.seen().size();
      std::optional<base::Error> error;
      std::string name;
      if (operation == 0) {
        error = generate(provider).error();
        name = "GenerateDataKey";
      } else if (operation == 1) {
        error = unwrap(provider).error();
        name = "Decrypt";
      } else {
        error = rewrap(provider).error();
        name = "ReEncrypt";
      }
      EXPECT_EQ(error->code, c.code);
      EXPECT_THAT(error->detail, HasSubstr(name));
      EXPECT_THAT(error->detail, HasSubstr(c.remedy));
      EXPECT_THAT(error->detail, Not(HasSubstr("..")));
      EXPECT_EQ(http.seen().size(), before + 1) << "asking again would not help";
    }
  }
}

// ST-01
TEST_F(KmsKeyProviderTest, TriesAgainWhenThrottled) {
  KmsKeyProvider provider = with({kId});
  for (const char* type : {"ThrottlingException", "KMSInternalException",
                           "DependencyTimeoutException", "KeyUnavailableException"}) {
    SCOPED_TRACE(type);
    will_refuse(type, std::string(type) == "ThrottlingException" ? 400 : 500);
    will_answer(data_key_answer(kArn));
    EXPECT_TRUE(generate(provider));
    for (int i = 0; i < 8; ++i) will_refuse(type, 500);
    auto failed = unwrap(provider);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Errc::unavailable);
    answers.clear();
  }
}

// ST-05
TEST_F(KmsKeyProviderTest, TakesNoGarbledAnswer) {
  KmsKeyProvider provider = with({kId});
  const std::string key = base::base64_encode(std::string(32, 'K'));
  const std::string arn = R"("KeyId":")" + std::string(kArn) + R"(")";
  const std::string bodies[] = {
      "{}",
      "[]",
      "{" + arn + "}",
      "{" + arn + R"(,"Plaintext":7,"CiphertextBlob":"eA=="})",
      "{" + arn + R"(,"Plaintext":"not base64","CiphertextBlob":"eA=="})",
      "{" + arn + R"(,"Plaintext":"AAAA","CiphertextBlob":"eA=="})",
      "{" + arn + R"(,"Plaintext":")" + key + R"(","CiphertextBlob":""})",
      R"({"Plaintext":")" + key + R"(","CiphertextBlob":"eA=="})",
  };
  for (const std::string& body : bodies) {
    SCOPED_TRACE(body);
    will_answer(body);
    last_repeats = true;
    auto made = generate(provider);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, Errc::unavailable);
    EXPECT_THAT(made.error().detail, Not(HasSubstr(key)));
    last_repeats = false;
    answers.clear();
  }
  will_answer("{" + arn + R"(,"Plaintext":"AAAA"})");
  auto odd = unwrap(provider);
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().code, Errc::denied) << "it opens, and is no data key";
}

TEST_F(KmsKeyProviderTest, AsksNothingAboutWhatKmsNeverMade) {
  KmsKeyProvider provider = with({kId});
  for (const std::string& text : {std::string(), std::string(6'145, 'x')}) {
    auto opened = unwrap(provider, text);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::denied);
  }
  EXPECT_TRUE(http.seen().empty());
}

TEST_F(KmsKeyProviderTest, RewrapsOnlyWhatIsNotUnderTheFirstKey) {
  KmsKeyProvider provider = with({kId, kOldId});
  will_answer(reencrypt_answer(kOldArn, kArn));
  EXPECT_EQ(*rewrap(provider), "renewed");
  will_answer(reencrypt_answer(kArn, kArn));
  EXPECT_EQ(*rewrap(provider), "wrapped") << "as given";
  will_answer(reencrypt_answer(kForeignArn, kArn));
  auto foreign = rewrap(provider);
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code, Errc::denied);
  will_answer(R"({"CiphertextBlob":"eA=="})");
  auto garbled = rewrap(provider);
  ASSERT_FALSE(garbled);
  EXPECT_EQ(garbled.error().code, Errc::unavailable);
}

TEST_F(KmsKeyProviderTest, ChecksBothActionsUnderTheRealContext) {
  KmsKeyProvider provider = with({kId});
  const auto check = [&] { return testing::run(loop, provider.check()); };
  will_answer(data_key_answer(kArn));
  will_answer(data_key_answer(kArn));
  EXPECT_TRUE(check());
  EXPECT_EQ(action(2), "TrentService.GenerateDataKey");
  EXPECT_EQ(action(1), "TrentService.Decrypt");
  EXPECT_EQ(sent(1).root().find("EncryptionContext")->to_text(),
            R"({"app":"gatehouse","table":"t","v":"1"})");

  will_refuse("AccessDeniedException");
  EXPECT_THAT(check().error().detail, HasSubstr("GenerateDataKey"));
  will_answer(data_key_answer(kArn));
  will_refuse("AccessDeniedException");
  auto denied = check();
  EXPECT_EQ(denied.error().code, Errc::not_found);
  EXPECT_THAT(denied.error().detail, HasSubstr("Decrypt"));
  will_answer(data_key_answer(kArn, 'K'));
  will_answer(data_key_answer(kArn, 'L'));
  EXPECT_EQ(check().error().code, Errc::internal);
}

// VA-23, I13: a key that is switched off stops what is cold, deletes nothing and signs nobody out.
TEST_F(KmsKeyProviderTest, ADisabledKeyEndsNothingInTheTable) {
  testing::World world;
  const IssuedTokens tokens = world.sign_in();
  const std::vector<store::RecordPtr> before = world.rows();
  KmsKeyProvider provider = with({kId});
  last_repeats = true;
  for (const char* type : {"DisabledException", "KMSInvalidStateException", "AccessDeniedException",
                           "NotFoundException"}) {
    SCOPED_TRACE(type);
    answers.clear();
    will_refuse(type);
    DataKeys data_keys(provider, context, DataKeyLimits{}, world.clock);
    GrantVault vault(VaultOptions(), world.store, data_keys, world.replica.token_keys, world.clock,
                     world.replica.random, log);
    EXPECT_EQ(
        testing::refusal_of(testing::run(loop, vault.authenticate(tokens.access_token.reveal()))),
        Refused::unavailable);
    EXPECT_EQ(testing::refusal_of(testing::run(loop, vault.refresh(tokens.refresh_token, {}))),
              Refused::unavailable);
    EXPECT_EQ(world.rows(), before);
  }
  EXPECT_TRUE(world.authenticate(tokens.access_token));
}

// A KMS that answers by HTTP, with two keys made for the test.
class KmsHarness {
 public:
  explicit KmsHarness(boost::asio::io_context& loop) {
    const char* const endpoint = std::getenv("GATEHOUSE_TEST_KMS");
    if (endpoint == nullptr || *endpoint == '\0') return;
    http_ = std::make_unique<http::CurlClient>(loop, http::CurlClientOptions());
    client_ =
        std::make_unique<aws::JsonClient>(aws::Service::kms, kms_at(endpoint), *http_, credentials_,
                                          aws::JsonClientOptions(), clock_, random_, log_);
    ours_ = std::make_unique<KmsKeyProvider>(*client_, std::vector<std::string>{new_key(loop)},
                                             KeyContext{{"app", "gatehouse"}});
    theirs_ = std::make_unique<KmsKeyProvider>(*client_, std::vector<std::string>{new_key(loop)},
                                               KeyContext{{"app", "gatehouse"}});
  }
  const char* why_skipped() const {
    return client_ == nullptr ? "GATEHOUSE_TEST_KMS is not set" : nullptr;
  }
  KeyProvider& provider() { return *ours_; }
  KeyProvider& stranger() { return *theirs_; }

 private:
  std::string new_key(boost::asio::io_context& loop) {
    const Secret nothing = Secret::copy_of("{}");
    auto made = http::await_for_test(loop, client_->call("CreateKey", nothing));
    EXPECT_TRUE(made) << aws::to_error("kms CreateKey", made.error()).detail;
    return made ? std::string(*made->root().find("KeyMetadata")->find_string("KeyId")) : "none";
  }

  base::SystemClock clock_;
  base::SystemRandom random_;
  telemetry::MemoryLog log_;
  aws::CachedCredentials credentials_{std::make_unique<StaticSource>(), clock_, log_};
  std::unique_ptr<http::CurlClient> http_;
  std::unique_ptr<aws::JsonClient> client_;
  std::unique_ptr<KmsKeyProvider> ours_;
  std::unique_ptr<KmsKeyProvider> theirs_;
};
INSTANTIATE_TYPED_TEST_SUITE_P(Kms, KeyProviderConformance, KmsHarness);

}  // namespace
}  // namespace gatehouse::vault
