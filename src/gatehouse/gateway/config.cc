// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/config.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/small_file.h"
#include "gatehouse/gateway/brand_settings.h"
#include "gatehouse/http/url.h"
#include "gatehouse/oauth/configured_clients.h"
#include "gatehouse/oauth/issuer_metadata.h"
#include "gatehouse/telemetry/emf.h"

namespace gatehouse::gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kSessionTtlMax = 168h;
constexpr std::chrono::seconds kShutdownDelayMax = 60s;

// Collects problems while the settings are read one by one.
class Reader {
 public:
  explicit Reader(const SettingValues& values) : values_(values) {}

  std::string text(std::string_view name) {
    const Setting* setting = find(name);
    auto given = values_.find(name);
    std::string value(given != values_.end() ? std::string(base::trim(given->second))
                                             : std::string(setting->default_value));
    if (value.empty() && setting->required) {
      complain(name, "is not set. " + std::string(setting->meaning));
    }
    return value;
  }

  void complain(std::string_view name, std::string text) {
    problems_.push_back({std::string(name), std::move(text)});
  }

  std::vector<ConfigProblem> take_problems() { return std::move(problems_); }

 private:
  static const Setting* find(std::string_view name) {
    auto found = std::find_if(std::begin(kSettings), std::end(kSettings),
                              [&](const Setting& s) { return s.name == name; });
    return found;
  }

  const SettingValues& values_;
  std::vector<ConfigProblem> problems_;
};

std::string quoted(std::string_view text) { return "\"" + std::string(text.substr(0, 200)) + "\""; }

void read_public_url(Reader& read, Config& config) {
  std::string text = read.text("GATEHOUSE_PUBLIC_URL");
  auto url = http::parse_url(text);
  if (!url || (url->scheme != "https" && url->scheme != "http")) {
    return read.complain(
        "GATEHOUSE_PUBLIC_URL",
        quoted(text) + " is no URL. Write the origin, such as https://gatehouse.example.com.");
  }
  if ((!url->path.empty() && url->path != "/") || url->has_query || url->has_fragment ||
      url->has_userinfo) {
    read.complain("GATEHOUSE_PUBLIC_URL",
                  quoted(text) +
                      " must be an origin only: no path, query, fragment or user name. Write " +
                      url->origin() + ".");
  }
  if (url->scheme == "http" && !http::is_loopback_host(url->host)) {
    read.complain("GATEHOUSE_PUBLIC_URL",
                  quoted(text) + " must be https: plain http is for loopback only. Write https://" +
                      url->host + " and terminate TLS in front of Gatehouse.");
  }
  config.public_url = url->origin();
  config.public_host = url->host + (url->port.empty() ? "" : ":" + url->port);
  config.secure_origin = url->scheme == "https";
}

bool is_address_and_port(std::string_view text) {
  std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  std::string_view port = text.substr(colon + 1);
  unsigned number = 0;
  auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc() && end == port.data() + port.size() && !port.empty() &&
         number <= 65535;
}

void read_listeners(Reader& read, Config& config) {
  config.listen = read.text("GATEHOUSE_LISTEN");
  if (!is_address_and_port(config.listen)) {
    read.complain(
        "GATEHOUSE_LISTEN",
        quoted(config.listen) + " is no ADDRESS:PORT. Write 127.0.0.1:8080 or 0.0.0.0:8080.");
  }
  config.admin_listen = read.text("GATEHOUSE_ADMIN_LISTEN");
  if (config.admin_listen == "off") {
    config.admin_listen.clear();
  } else if (!is_address_and_port(config.admin_listen)) {
    read.complain(
        "GATEHOUSE_ADMIN_LISTEN",
        quoted(config.admin_listen) + " is no ADDRESS:PORT. Write 127.0.0.1:9090, or off.");
  }
}

// An address as http::parse_url() takes it for the host of a URL.
bool is_peer_address(const std::string& text) {
  auto url = http::parse_url("http://" + text);
  return url && url->path.empty() && !url->has_query && !url->has_fragment && !url->has_userinfo &&
         (url->port.empty() || is_address_and_port(url->host + ":" + url->port));
}

void read_peers(Reader& read, Config& config) {
  config.peer_listen = read.text("GATEHOUSE_PEER_LISTEN");
  config.peer_address = read.text("GATEHOUSE_PEER_ADDRESS");
  if (config.peer_listen == "off") {
    config.peer_listen.clear();
  } else if (!is_address_and_port(config.peer_listen)) {
    read.complain("GATEHOUSE_PEER_LISTEN",
                  quoted(config.peer_listen) + " is no ADDRESS:PORT. Write 0.0.0.0:7070, or off.");
  }
  if (config.peer_address.empty()) return;
  if (!is_peer_address(config.peer_address)) {
    read.complain("GATEHOUSE_PEER_ADDRESS",
                  quoted(config.peer_address) +
                      " is no ADDRESS or ADDRESS:PORT. Write 10.0.1.17 or [fd00::17]:7070.");
  } else if (config.peer_listen.empty()) {
    read.complain("GATEHOUSE_PEER_ADDRESS",
                  "names a listener that is off. Set GATEHOUSE_PEER_LISTEN as well.");
  }
}

void read_trusted_proxies(Reader& read, Config& config) {
  std::string text = read.text("GATEHOUSE_TRUSTED_PROXIES");
  bool fits = text.size() == 1 && text[0] >= '0' && text[0] <= '8';
  if (!fits) {
    return read.complain(
        "GATEHOUSE_TRUSTED_PROXIES",
        quoted(text) + " is no number from 0 to 8. Behind one load balancer, write 1.");
  }
  config.trusted_proxies = static_cast<std::size_t>(text[0] - '0');
}

bool is_placeholder(std::string_view secret) {
  static constexpr std::string_view kKnown[] = {
      "GOCSPX-your-client-secret", "secret", "changeme", "change-me", "password", "xxx", "todo"};
  return std::any_of(std::begin(kKnown), std::end(kKnown), [&](std::string_view known) {
    return base::equal_ignoring_case(known, secret);
  });
}

void read_google_client(Reader& read, Config& config) {
  config.google_client_id = read.text("GOOGLE_CLIENT_ID");
  std::string secret = read.text("GOOGLE_CLIENT_SECRET");
  if (is_placeholder(secret)) {
    read.complain("GOOGLE_CLIENT_SECRET",
                  "is a placeholder. Copy the secret of your OAuth client from the Google Cloud "
                  "console, APIs & Services, Credentials.");
  }
  config.google_client_secret = base::Secret::copy_of(secret);
  base::wipe_memory(secret.data(), secret.size());
}

bool is_domain(std::string_view text) {
  if (text.empty() || text.size() > 253 || text.find('.') == std::string_view::npos) return false;
  if (text.front() == '.' || text.back() == '.') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

void read_domains(Reader& read, Config& config) {
  std::string text = base::to_lower_ascii(read.text("ALLOWED_DOMAINS"));
  std::string_view rest = text;
  while (!rest.empty()) {
    std::size_t comma = rest.find(',');
    std::string_view domain = base::trim(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    if (domain.empty()) continue;
    if (domain != "*" && !is_domain(domain)) {
      read.complain(
          "ALLOWED_DOMAINS",
          quoted(domain) + " is no domain. Write names such as example.com, separated by commas.");
    }
    config.allowed_domains.emplace_back(domain);
  }
  if (!text.empty() && config.allowed_domains.empty()) {
    read.complain("ALLOWED_DOMAINS",
                  "names no domain. Write your Workspace domain, or * for every Google account.");
  }
  if (config.allowed_domains.size() > 1 &&
      std::count(config.allowed_domains.begin(), config.allowed_domains.end(), "*") > 0) {
    read.complain("ALLOWED_DOMAINS", "mixes * with domains. Write one or the other.");
  }
}

// What DynamoDB takes as a name (API reference, CreateTable).
bool is_table_name(std::string_view text) {
  return text.size() >= 3 && text.size() <= 255 &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-' || c == '.';
         });
}

void read_store(Reader& read, Config& config) {
  std::string text = read.text("GATEHOUSE_STORE");
  if (text == "memory:") {
    config.store = StoreKind::memory;
  } else if (text.starts_with("sqlite:") && text.size() > 7) {
    config.store_path = text.substr(7);
  } else if (text.starts_with("dynamodb:")) {
    config.store = StoreKind::dynamodb;
    config.dynamodb_table = text.substr(9);
    if (!is_table_name(config.dynamodb_table)) {
      read.complain("GATEHOUSE_STORE",
                    quoted(text) +
                        " names no DynamoDB table. Write dynamodb: and the table's name, 3 to 255 "
                        "letters, digits, '_', '-' or '.'.");
    }
  } else {
    read.complain("GATEHOUSE_STORE",
                  quoted(text) +
                      " is no store this build knows. Write sqlite:PATH, dynamodb:TABLE or "
                      "memory:.");
  }
}

bool is_kms_key(std::string_view text) {
  return !text.empty() && text.size() <= 2048 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' ||
           c == '/' || c == '_' || c == '-';
  });
}

bool is_kms_alias(std::string_view key) {
  return key.starts_with("alias/") || key.find(":alias/") != std::string_view::npos;
}

void read_kms_keys(Reader& read, std::string_view list, Config& config) {
  config.key = KeyKind::kms;
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view key = base::trim(list.substr(0, comma));
    if (!is_kms_key(key)) {
      read.complain("GATEHOUSE_KEY",
                    quoted(key) +
                        " is no KMS key. Write its ARN, its id or alias/NAME after kms:, older "
                        "keys after commas.");
    } else if (!config.kms_keys.empty() && is_kms_alias(key)) {
      read.complain(
          "GATEHOUSE_KEY",
          quoted(key) + " is an alias. Older keys are named by ARN or id, because an alias moves.");
    }
    config.kms_keys.emplace_back(key);
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

void read_key(Reader& read, Config& config) {
  std::string text = read.text("GATEHOUSE_KEY");
  if (text.starts_with("file:") && text.size() > 5) {
    config.key_path = text.substr(5);
  } else if (text.starts_with("kms:")) {
    read_kms_keys(read, std::string_view(text).substr(4), config);
  } else {
    read.complain("GATEHOUSE_KEY",
                  quoted(text) + " is no key this build knows. Write file:PATH or kms:KEY.");
  }
  if (config.store == StoreKind::dynamodb && config.key == KeyKind::file) {
    read.complain("GATEHOUSE_KEY",
                  quoted(text) +
                      " lies on one machine, and GATEHOUSE_STORE is shared by many. Write kms:KEY, "
                      "so that every replica has the same.");
  }
  if (!config.key_path.empty() && config.key_path == config.store_path) {
    read.complain("GATEHOUSE_KEY",
                  "names the same file as GATEHOUSE_STORE. Write two different paths.");
  }
}

// Settings win over the process's environment; where nothing of AWS is used, nothing is checked.
void read_aws(Reader& read, Config& config) {
  for (const Setting& setting : kSettings) {
    if (!setting.name.starts_with("AWS_")) continue;
    std::string value = read.text(setting.name);
    if (!value.empty()) config.aws.set(setting.name, value);
    if (setting.secret) base::wipe_memory(value.data(), value.size());
  }
  if (!config.needs_aws()) return;
  const auto region = aws::region_of(config.aws);
  if (!region) return read.complain("AWS_REGION", region.error().detail);
  const std::pair<aws::Service, bool> services[] = {
      {aws::Service::dynamodb, config.store == StoreKind::dynamodb},
      {aws::Service::kms, config.key == KeyKind::kms},
      {aws::Service::sts, true}};
  for (const auto& [service, used] : services) {
    if (!used) continue;
    const auto endpoint = aws::endpoint_of(service, *region, config.aws);
    if (!endpoint) read.complain("AWS_ENDPOINT_URL", endpoint.error().detail);
  }
}

std::chrono::seconds read_duration(Reader& read, std::string_view name, std::chrono::seconds least,
                                   std::chrono::seconds most, std::string_view range) {
  std::string text = read.text(name);
  auto duration = parse_duration(text);
  if (!duration) {
    read.complain(
        name,
        quoted(text) + " is no duration. Write a number and a unit, such as 90s, 15m, 1h or 7d.");
    return least;
  }
  if (*duration < least || *duration > most) {
    read.complain(name, quoted(text) + " is out of range. It must be " + std::string(range) + ".");
  }
  return *duration;
}

void read_mode(Reader& read, Config& config) {
  std::string text = read.text("GATEHOUSE_MODE");
  if (text == "full")
    config.mode = workspace::Mode::full;
  else if (text == "draft")
    config.mode = workspace::Mode::draft;
  else if (text == "readonly")
    config.mode = workspace::Mode::readonly;
  else
    read.complain("GATEHOUSE_MODE", quoted(text) + " is no mode. Write full, draft or readonly.");
}

void read_quotas(Reader& read, Config& config) {
  constexpr std::string_view kName = "GATEHOUSE_GOOGLE_QUOTAS";
  const std::string path = read.text(kName);
  if (path.empty()) return;
  const auto text = base::read_small_file(path, google::kQuotasBytesMax);
  if (!text) return read.complain(kName, text.error().detail + ".");
  const auto taken = config.quotas.take(text->reveal());
  if (!taken) read.complain(kName, path + ": " + taken.error().detail + ".");
}

void read_clients(Reader& read, Config& config) {
  const std::string path = read.text("GATEHOUSE_CLIENTS");
  if (path.empty()) return;
  const auto text = base::read_small_file(path, oauth::kConfiguredClientsBytesMax);
  if (!text) return read.complain("GATEHOUSE_CLIENTS", text.error().detail + ".");
  oauth::AuthorizationServerSettings settings;
  settings.public_url = config.public_url;
  auto clients = oauth::parse_configured_clients(settings, text->reveal());
  if (!clients)
    return read.complain("GATEHOUSE_CLIENTS", path + ": " + clients.error().detail + ".");
  config.clients = std::move(*clients);
}

// Kept as written: an issuer is compared letter by letter.
void read_issuers(Reader& read, Config& config) {
  constexpr std::string_view kName = "GATEHOUSE_ENTERPRISE_ISSUERS";
  constexpr std::size_t kIssuersMax = 20;
  const std::string text = read.text(kName);
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string_view issuer = base::trim(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    if (issuer.empty()) continue;
    if (const auto fault = oauth::issuer_fault(issuer)) {
      read.complain(kName, quoted(issuer) + " " + *fault +
                               ". Write the `issuer` of your provider's metadata, such as "
                               "https://acme.okta.com.");
    }
    const auto& known = config.enterprise_issuers;
    if (std::count(known.begin(), known.end(), issuer) > 0) {
      read.complain(kName, quoted(issuer) + " is there twice.");
    }
    config.enterprise_issuers.emplace_back(issuer);
  }
  if (!text.empty() && config.enterprise_issuers.empty()) {
    read.complain(kName, "names no issuer. Leave it out, or write one.");
  }
  if (config.enterprise_issuers.size() > kIssuersMax) {
    read.complain(kName, "names more than 20 issuers.");
  }
}

void read_brand(Reader& read, Config& config) {
  config.brand.name = read.text("GATEHOUSE_BRAND_NAME");
  if (!is_brand_name(config.brand.name)) {
    read.complain("GATEHOUSE_BRAND_NAME",
                  quoted(config.brand.name) +
                      " does not fit. Write up to 60 characters, without controls or hidden ones.");
  }
  config.brand.contact = read.text("GATEHOUSE_CONTACT");
  if (!config.brand.contact.empty() && !is_contact(config.brand.contact)) {
    read.complain("GATEHOUSE_CONTACT",
                  quoted(config.brand.contact) +
                      " is neither a mail address nor an https URL. Write it@example.com or "
                      "https://help.example.com.");
  }
  const std::string path = read.text("GATEHOUSE_BRAND_LOGO");
  if (path.empty()) return;
  auto logo = read_logo(path);
  if (!logo) {
    return read.complain("GATEHOUSE_BRAND_LOGO",
                         logo.error().detail +
                             ". Name a PNG, WebP or SVG file of at most 64 KB that this user can "
                             "read.");
  }
  config.brand.logo = std::make_shared<const web::Logo>(std::move(*logo));
}

void read_log(Reader& read, Config& config) {
  std::string text = read.text("GATEHOUSE_LOG");
  if (text == "debug")
    config.log_level = telemetry::Level::debug;
  else if (text == "info")
    config.log_level = telemetry::Level::info;
  else if (text == "warn")
    config.log_level = telemetry::Level::warn;
  else if (text == "error")
    config.log_level = telemetry::Level::error;
  else
    read.complain("GATEHOUSE_LOG",
                  quoted(text) + " is no level. Write debug, info, warn or error.");
}

void read_emf(Reader& read, Config& config) {
  config.emf_namespace = read.text("GATEHOUSE_EMF_NAMESPACE");
  config.emf_service = read.text("GATEHOUSE_EMF_SERVICE");
  if (!config.emf_namespace.empty() && !telemetry::is_emf_namespace(config.emf_namespace)) {
    read.complain("GATEHOUSE_EMF_NAMESPACE",
                  quoted(config.emf_namespace) +
                      " is no namespace of CloudWatch's. Write up to 255 letters, digits and "
                      ". - _ / # :, not beginning with AWS/.");
  }
  if (!telemetry::is_emf_dimension_value(config.emf_service)) {
    read.complain("GATEHOUSE_EMF_SERVICE",
                  quoted(config.emf_service) +
                      " is no value of a dimension. Write up to 255 printable ASCII characters, "
                      "not beginning with a colon.");
  }
}

// Google's addresses carry credentials, so plain http is refused for everything but loopback.
void check_upstream(Reader& read, std::string_view name, std::string& address) {
  if (address.empty()) return;
  auto url = http::parse_url(address);
  bool fits =
      url &&
      (url->scheme == "https" || (url->scheme == "http" && http::is_loopback_host(url->host))) &&
      !url->has_query && !url->has_fragment && !url->has_userinfo;
  if (!fits)
    read.complain(name,
                  quoted(address) +
                      " must be an https URL (http only for loopback), without query or fragment.");
  while (address.ends_with('/')) address.pop_back();
}

}  // namespace

std::string flag_of(const Setting& setting) {
  std::string flag = toml_key_of(setting);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return "--" + flag;
}

std::string toml_key_of(const Setting& setting) {
  std::string_view name = setting.name;
  if (name.starts_with("GATEHOUSE_")) name.remove_prefix(10);
  return base::to_lower_ascii(name);
}

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  if (text.size() < 2 || text.size() > 9) return std::nullopt;
  std::int64_t number = 0;
  std::string_view digits = text.substr(0, text.size() - 1);
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number < 0)
    return std::nullopt;
  switch (text.back()) {
    case 's':
      return std::chrono::seconds(number);
    case 'm':
      return std::chrono::minutes(number);
    case 'h':
      return std::chrono::hours(number);
    case 'd':
      return std::chrono::hours(24 * number);
    default:
      return std::nullopt;
  }
}

base::Result<Config, std::vector<ConfigProblem>> make_config(const SettingValues& values,
                                                             aws::Environment process) {
  Reader read(values);
  Config config;
  config.aws = std::move(process);
  read_public_url(read, config);
  read_listeners(read, config);
  read_peers(read, config);
  read_trusted_proxies(read, config);
  config.shutdown_delay =
      read_duration(read, "GATEHOUSE_SHUTDOWN_DELAY", 0s, kShutdownDelayMax, "between 0s and 60s");
  read_google_client(read, config);
  read_domains(read, config);
  read_store(read, config);
  read_key(read, config);
  read_aws(read, config);
  config.session_ttl = read_duration(read, "GATEHOUSE_SESSION_TTL", 1s, kSessionTtlMax,
                                     "between 1s and 168h (seven days)");
  config.access_token_ttl =
      read_duration(read, "GATEHOUSE_ACCESS_TOKEN_TTL", 1s, 24h, "between 1s and 24h");
  read_mode(read, config);
  read_quotas(read, config);
  read_clients(read, config);
  read_issuers(read, config);
  read_brand(read, config);
  read_log(read, config);
  read_emf(read, config);
  config.google_issuer = read.text("GOOGLE_ISSUER");
  check_upstream(read, "GOOGLE_ISSUER", config.google_issuer);
  config.google_api_url = read.text("GOOGLE_API_URL");
  check_upstream(read, "GOOGLE_API_URL", config.google_api_url);

  std::vector<ConfigProblem> problems = read.take_problems();
  if (!problems.empty()) return problems;
  return config;
}

base::Result<Config, std::vector<ConfigProblem>> make_records_config(const SettingValues& values,
                                                                     aws::Environment process) {
  Reader read(values);
  Config config;
  config.aws = std::move(process);
  read_public_url(read, config);
  read_store(read, config);
  read_key(read, config);
  read_aws(read, config);
  read_log(read, config);
  // The host is part of what KMS seals with: under another one, replicas could not open what a
  // command wrote.
  if (config.key == KeyKind::kms && !values.contains("GATEHOUSE_PUBLIC_URL")) {
    read.complain("GATEHOUSE_PUBLIC_URL",
                  "is not set. What KMS seals is bound to it: write the gateway's own.");
  }
  std::vector<ConfigProblem> problems = read.take_problems();
  if (!problems.empty()) return problems;
  return config;
}

bool is_about_records(const Setting& setting) {
  static constexpr std::string_view kOurs[] = {"GATEHOUSE_PUBLIC_URL", "GATEHOUSE_STORE",
                                               "GATEHOUSE_KEY", "GATEHOUSE_LOG"};
  return setting.name.starts_with("AWS_") ||
         std::find(std::begin(kOurs), std::end(kOurs), setting.name) != std::end(kOurs);
}

}  // namespace gatehouse::gateway
