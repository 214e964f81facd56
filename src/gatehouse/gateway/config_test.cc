// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/config.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "gatehouse/gateway/config_documents.h"
#include "gatehouse/gateway/config_sources.h"

namespace gatehouse::gateway {
namespace {

using namespace std::chrono_literals;

SettingValues complete() {
  return {{"GOOGLE_CLIENT_ID", "id"},
          {"GOOGLE_CLIENT_SECRET", "s3cret-value"},
          {"ALLOWED_DOMAINS", "acme.example"}};
}

SettingValues complete_with(const char* name, const char* value) {
  SettingValues values = complete();
  values[name] = value;
  return values;
}

std::string repository_file(const std::string& name) {
  const char* root = std::getenv("GATEHOUSE_SOURCE_DIR");
  std::ifstream file(std::string(root != nullptr ? root : ".") + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(Config, ThreeRequiredSettingsAreEnough) {
  auto config = make_config(complete());

  ASSERT_TRUE(config);
  EXPECT_EQ(config->public_url, "http://localhost:8080");
  EXPECT_EQ(config->public_host, "localhost:8080");
  EXPECT_FALSE(config->secure_origin);
  EXPECT_EQ(config->session_ttl, 168h);
  EXPECT_EQ(config->access_token_ttl, 1h);
  EXPECT_EQ(config->shutdown_delay, 0s);
  EXPECT_EQ(config->store_path, "gatehouse.db");
  EXPECT_EQ(config->key_path, "gatehouse.key");
  EXPECT_EQ(config->google_redirect_uri(), "http://localhost:8080/oauth/google/callback");
}

TEST(Config, ReportsEveryProblemAtOnce) {
  auto config = make_config({{"GATEHOUSE_PUBLIC_URL", "http://gatehouse.example.com"},
                             {"GATEHOUSE_SESSION_TTL", "169h"},
                             {"GATEHOUSE_MODE", "reckless"}});

  ASSERT_FALSE(config);
  std::vector<std::string> named;
  for (const ConfigProblem& problem : config.error()) named.push_back(problem.setting);
  EXPECT_EQ(named, (std::vector<std::string>{"GATEHOUSE_PUBLIC_URL", "GOOGLE_CLIENT_ID",
                                             "GOOGLE_CLIENT_SECRET", "ALLOWED_DOMAINS",
                                             "GATEHOUSE_SESSION_TTL", "GATEHOUSE_MODE"}));
}

TEST(Config, RefusesWhatDoesNotHold) {
  struct Case {
    const char* name;
    const char* setting;
    const char* value;
  };
  const Case cases[] = {
      {"no URL", "GATEHOUSE_PUBLIC_URL", "gatehouse"},
      {"another scheme", "GATEHOUSE_PUBLIC_URL", "ftp://gatehouse.example.com"},
      {"a path", "GATEHOUSE_PUBLIC_URL", "https://gatehouse.example.com/mcp"},
      {"a query", "GATEHOUSE_PUBLIC_URL", "https://gatehouse.example.com?x=1"},
      {"a user name", "GATEHOUSE_PUBLIC_URL", "https://me@gatehouse.example.com"},
      {"plain http", "GATEHOUSE_PUBLIC_URL", "http://gatehouse.example.com"},
      {"no port", "GATEHOUSE_LISTEN", "0.0.0.0"},
      {"port too large", "GATEHOUSE_LISTEN", "0.0.0.0:65536"},
      {"no number", "GATEHOUSE_LISTEN", "0.0.0.0:http"},
      {"admin no port", "GATEHOUSE_ADMIN_LISTEN", "localhost"},
      {"replicas no port", "GATEHOUSE_PEER_LISTEN", "0.0.0.0"},
      {"replicas listener off", "GATEHOUSE_PEER_ADDRESS", "10.0.0.1"},
      {"replicas address is a URL", "GATEHOUSE_PEER_ADDRESS", "http://10.0.0.1"},
      {"proxies in words", "GATEHOUSE_TRUSTED_PROXIES", "one"},
      {"too many proxies", "GATEHOUSE_TRUSTED_PROXIES", "9"},
      {"too long to leave", "GATEHOUSE_SHUTDOWN_DELAY", "61s"},
      {"placeholder", "GOOGLE_CLIENT_SECRET", "changeme"},
      {"the example's secret", "GOOGLE_CLIENT_SECRET", "GOCSPX-your-client-secret"},
      {"empty list", "ALLOWED_DOMAINS", ","},
      {"no dot", "ALLOWED_DOMAINS", "acme"},
      {"an address", "ALLOWED_DOMAINS", "alice@acme.example"},
      {"star and domain", "ALLOWED_DOMAINS", "*,acme.example"},
      {"unknown store", "GATEHOUSE_STORE", "postgres://x"},
      {"store without path", "GATEHOUSE_STORE", "sqlite:"},
      {"unknown key", "GATEHOUSE_KEY", "plain"},
      {"no unit", "GATEHOUSE_SESSION_TTL", "168"},
      {"too long", "GATEHOUSE_SESSION_TTL", "8d"},
      {"zero", "GATEHOUSE_SESSION_TTL", "0s"},
      {"negative", "GATEHOUSE_ACCESS_TOKEN_TTL", "-1h"},
      {"provider by name", "GATEHOUSE_ENTERPRISE_ISSUERS", "acme.okta.example"},
      {"provider in the clear", "GATEHOUSE_ENTERPRISE_ISSUERS", "http://idp.example"},
      {"provider with a query", "GATEHOUSE_ENTERPRISE_ISSUERS", "https://idp.example?tenant=1"},
      {"provider twice", "GATEHOUSE_ENTERPRISE_ISSUERS", "https://a.example, https://a.example"},
      {"empty list of providers", "GATEHOUSE_ENTERPRISE_ISSUERS", ","},
      {"level", "GATEHOUSE_LOG", "loud"},
      {"namespace of AWS", "GATEHOUSE_EMF_NAMESPACE", "AWS/Gatehouse"},
      {"namespace with a blank", "GATEHOUSE_EMF_NAMESPACE", "my gate"},
      {"dimension with a colon first", "GATEHOUSE_EMF_SERVICE", ":mail"},
      {"issuer in the clear", "GOOGLE_ISSUER", "http://accounts.google.com"},
      {"API in the clear", "GOOGLE_API_URL", "http://10.0.0.1"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    auto config = make_config(complete_with(c.setting, c.value));
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().size(), 1u);
    EXPECT_EQ(config.error().front().setting, c.setting);
    EXPECT_GT(config.error().front().text.size(), 20u);
  }
}

SettingValues on_aws() {
  SettingValues values = complete();
  values["GATEHOUSE_STORE"] = "dynamodb:gatehouse-prod";
  values["GATEHOUSE_KEY"] = "kms:alias/gatehouse";
  values["AWS_REGION"] = "eu-central-1";
  return values;
}

TEST(Config, TakesATableAndKeysOfAws) {
  SettingValues values = on_aws();
  values["GATEHOUSE_KEY"] = "kms:arn:aws:kms:eu-central-1:111122223333:key/new, 1234abcd-old";

  auto config = make_config(values);

  ASSERT_TRUE(config) << config.error().front().text;
  EXPECT_TRUE(config->is_shared());
  EXPECT_EQ(config->dynamodb_table, "gatehouse-prod");
  EXPECT_EQ(
      config->kms_keys,
      (std::vector<std::string>{"arn:aws:kms:eu-central-1:111122223333:key/new", "1234abcd-old"}));
}

TEST(Config, CommandsAboutRecordsNeedNoOAuthClientAndNothingElseStopsThem) {
  SettingValues values{{"GATEHOUSE_STORE", "dynamodb:gatehouse-prod"},
                       {"GATEHOUSE_KEY", "kms:alias/gatehouse"},
                       {"GATEHOUSE_PUBLIC_URL", "https://gatehouse.example.com"},
                       {"AWS_REGION", "eu-central-1"},
                       {"GATEHOUSE_LISTEN", "nowhere"},
                       {"GATEHOUSE_CLIENTS", "/no/such/file"}};

  const auto config = make_records_config(values);

  ASSERT_TRUE(config) << config.error().front().text;
  EXPECT_EQ(config->dynamodb_table, "gatehouse-prod");
  EXPECT_EQ(config->public_host, "gatehouse.example.com");
  EXPECT_FALSE(make_config(values));
}

TEST(Config, CommandsAboutRecordsAreStoppedByWhatIsWrongWithThese) {
  SettingValues values{{"GATEHOUSE_STORE", "dynamodb:gatehouse-prod"},
                       {"GATEHOUSE_KEY", "kms:alias/gatehouse"}};

  const auto config = make_records_config(values);

  ASSERT_FALSE(config);
  std::vector<std::string> named;
  for (const ConfigProblem& problem : config.error()) named.push_back(problem.setting);
  // What they seal under KMS would be bound to another host than the gateway's.
  EXPECT_EQ(named, (std::vector<std::string>{"AWS_REGION", "GATEHOUSE_PUBLIC_URL"}));
  EXPECT_TRUE(make_records_config({})) << "on one machine the defaults will do";
}

TEST(Config, RefusesWhatNamesNoKmsKey) {
  for (const char* value : {"kms:", "kms:alias/my key", "kms:new,", "kms:new,alias/old"}) {
    SCOPED_TRACE(value);
    SettingValues values = on_aws();
    values["GATEHOUSE_KEY"] = value;
    auto config = make_config(values);
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().size(), 1u);
    EXPECT_EQ(config.error().front().setting, "GATEHOUSE_KEY");
  }
}

TEST(Config, ReportsWhatIsWrongWithAwsAtOnce) {
  SettingValues values = on_aws();
  values.erase("AWS_REGION");
  values["GATEHOUSE_STORE"] = "dynamodb:no spaces";
  values["GATEHOUSE_KEY"] = "kms:new,alias/old";

  auto config = make_config(values);

  ASSERT_FALSE(config);
  std::vector<std::string> named;
  for (const ConfigProblem& problem : config.error()) named.push_back(problem.setting);
  EXPECT_EQ(named, (std::vector<std::string>{"GATEHOUSE_STORE", "GATEHOUSE_KEY", "AWS_REGION"}));
}

TEST(Config, RefusesAKeyFileForASharedTable) {  // MR-12
  SettingValues values = on_aws();
  values["GATEHOUSE_KEY"] = "file:gatehouse.key";

  auto config = make_config(values);

  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().front().setting, "GATEHOUSE_KEY");
}

TEST(Config, SettingsWinOverTheProcessForAws) {
  SettingValues values = on_aws();
  aws::Environment process;
  process.set("AWS_REGION", "us-east-1").set("AWS_PROFILE", "work");

  auto config = make_config(values, std::move(process));

  ASSERT_TRUE(config);
  EXPECT_EQ(config->aws.find("AWS_REGION"), "eu-central-1");
  EXPECT_EQ(config->aws.find("AWS_PROFILE"), "work");
}

TEST(Config, AcceptsWhatHolds) {
  struct Case {
    const char* name;
    const char* setting;
    const char* value;
  };
  const Case cases[] = {
      {"trailing slash", "GATEHOUSE_PUBLIC_URL", "https://gatehouse.example.com/"},
      {"loopback by number", "GATEHOUSE_PUBLIC_URL", "http://127.0.0.1:9000"},
      {"IPv6 listener", "GATEHOUSE_LISTEN", "[::1]:8080"},
      {"no admin listener", "GATEHOUSE_ADMIN_LISTEN", "off"},
      {"replicas listener", "GATEHOUSE_PEER_LISTEN", "0.0.0.0:7070"},
      {"no replicas", "GATEHOUSE_PEER_LISTEN", "off"},
      {"several domains", "ALLOWED_DOMAINS", "Acme.example, other.example"},
      {"everyone", "ALLOWED_DOMAINS", "*"},
      {"a provider", "GATEHOUSE_ENTERPRISE_ISSUERS", "https://acme.okta.example"},
      {"providers of this network", "GATEHOUSE_ENTERPRISE_ISSUERS",
       "https://idp.internal:8443/realms/acme/, http://127.0.0.1:9000"},
      {"memory", "GATEHOUSE_STORE", "memory:"},
      {"seven days", "GATEHOUSE_SESSION_TTL", "7d"},
      {"emulator", "GOOGLE_ISSUER", "http://127.0.0.1:4000"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    auto config = make_config(complete_with(c.setting, c.value));
    EXPECT_TRUE(config) << (config ? "" : config.error().front().text);
  }
}

TEST(Config, KeepsIssuersAsTheyAreWritten) {
  const auto config = make_config(
      complete_with("GATEHOUSE_ENTERPRISE_ISSUERS", " https://a.example/ ,https://B.example,"));
  ASSERT_TRUE(config);
  EXPECT_EQ(config->enterprise_issuers,
            (std::vector<std::string>{"https://a.example/", "https://B.example"}));
  EXPECT_TRUE(make_config(complete())->enterprise_issuers.empty());
}

TEST(Config, ProblemsNeverShowASecret) {
  auto config = make_config({{"GOOGLE_CLIENT_SECRET", "password"}});

  ASSERT_FALSE(config);
  for (const ConfigProblem& problem : config.error())
    EXPECT_EQ(problem.text.find("password\""), std::string::npos);
}

TEST(ConfigSources, FileNamesUnknownKeysAndWrongTypes) {
  std::string path = testing::TempDir() + "gatehouse-config-test.toml";
  std::ofstream(path) << "public_url = \"https://a.example\"\nallowed_domains = [\"a.example\", "
                         "\"b.example\"]\ncolour = \"red\"\nlisten = 8080\n";

  auto values = settings_from_file(path);

  ASSERT_FALSE(values);
  ASSERT_EQ(values.error().size(), 2u);
  std::string all = values.error()[0].text + values.error()[1].text;
  EXPECT_NE(all.find("line 3"), std::string::npos);
  EXPECT_NE(all.find("line 4"), std::string::npos);
}

TEST(ConfigSources, FileMayListDomains) {
  std::string path = testing::TempDir() + "gatehouse-config-test.toml";
  std::ofstream(path) << "allowed_domains = [\"a.example\", \"b.example\"]\n";

  auto values = settings_from_file(path);

  ASSERT_TRUE(values);
  EXPECT_EQ((*values)["ALLOWED_DOMAINS"], "a.example,b.example");
}

TEST(ConfigSources, MissingFileIsAProblemAndNotACrash) {
  EXPECT_FALSE(settings_from_file("/nonexistent/gatehouse.toml"));
}

TEST(ConfigSources, SecretIsGoneFromTheEnvironmentOnceRead) {  // SC-06
  setenv("GOOGLE_CLIENT_SECRET", "s3cret-value", 1);
  const char* place = std::getenv("GOOGLE_CLIENT_SECRET");

  SettingValues values = take_settings_from_environment();

  EXPECT_EQ(values["GOOGLE_CLIENT_SECRET"], "s3cret-value");
  EXPECT_STREQ(place, "");
}

TEST(ConfigSources, LaterSourcesWin) {
  SettingValues merged = merge({{"A", "file"}, {"B", "file"}}, {{"B", "environment"}});

  EXPECT_EQ(merged["A"], "file");
  EXPECT_EQ(merged["B"], "environment");
}

TEST(ConfigDocuments, ConfigurationPageIsUpToDate) {
  EXPECT_EQ(repository_file("docs/configuration.md"), configuration_document())
      << "run: gatehouse print configuration > docs/configuration.md";
}

TEST(ConfigDocuments, EnvExampleIsUpToDate) {
  EXPECT_EQ(repository_file(".env.example"), env_example())
      << "run: gatehouse print env-example > .env.example";
}

TEST(ConfigDocuments, EveryRequiredSettingStandsOpenInTheExample) {
  std::string example = env_example();
  for (const Setting& setting : kSettings) {
    std::string line = (setting.required ? "\n" : "\n#") + std::string(setting.name) + "=";
    EXPECT_NE(example.find(line), std::string::npos) << setting.name;
  }
}

TEST(Duration, TableOfForms) {
  EXPECT_EQ(parse_duration("90s"), 90s);
  EXPECT_EQ(parse_duration("15m"), 15min);
  EXPECT_EQ(parse_duration("7d"), 168h);
  for (const char* bad : {"", "s", "1", "1w", "1.5h", "1h30m", " 1h", "-1h", "99999999999h"})
    EXPECT_FALSE(parse_duration(bad)) << bad;
}

}  // namespace
}  // namespace gatehouse::gateway
