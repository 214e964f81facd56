// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/aws/settings.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/google/quotas.h"
#include "gatehouse/oauth/client.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/web/brand.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::gateway {

// One row per setting: the only source of environment names, flags, TOML keys, `gatehouse serve
// --help`, docs/configuration.md and .env.example. A test keeps them equal.
struct Setting {
  std::string_view name;           // environment variable
  std::string_view default_value;  // as one would write it; empty means required or unset
  bool required = false;
  bool secret = false;       // no flag: command lines are visible to everyone on the machine
  std::string_view example;  // for .env.example when there is no default
  std::string_view meaning;  // one paragraph for documentation and --help
};

inline constexpr Setting kSettings[] = {
    {"GATEHOUSE_PUBLIC_URL", "http://localhost:8080", false, false, "https://gatehouse.example.com",
     "The address people and clients use, without a path. It is the OAuth issuer, so choose it "
     "once: changing it makes every "
     "client register again. https, unless the host is loopback. Never derived from a request."},
    {"GATEHOUSE_LISTEN", "127.0.0.1:8080", false, false, "0.0.0.0:8080",
     "ADDRESS:PORT for clients. Put a TLS-terminating proxy or load balancer in front of anything "
     "but loopback."},
    {"GATEHOUSE_ADMIN_LISTEN", "127.0.0.1:9090", false, false, "",
     "ADDRESS:PORT for operators only: /livez, /readyz, /metrics and /audit-head. `off` closes "
     "it."},
    {"GATEHOUSE_PEER_LISTEN", "off", false, false, "0.0.0.0:7070",
     "ADDRESS:PORT on a network that only replicas of this deployment reach. Clients of the older "
     "transport at /sse hold one long stream, and their requests may arrive at another replica, "
     "which hands the answers over here, sealed under the shared key. With one replica, or with a "
     "balancer that keeps those clients to one, leave it `off`."},
    {"GATEHOUSE_PEER_ADDRESS", "", false, false, "10.0.1.17",
     "Where other replicas reach that listener: ADDRESS or ADDRESS:PORT. Unset, it is the address "
     "listened at; if that is 0.0.0.0 or [::], the first one of this machine that is no loopback."},
    {"GATEHOUSE_TRUSTED_PROXIES", "0", false, false, "",
     "How many proxies of yours stand in front and append to X-Forwarded-For; from 0 to 8. Only "
     "rate "
     "limits look at the address they name. With 0, everyone behind a load balancer counts as "
     "one."},
    {"GATEHOUSE_SHUTDOWN_DELAY", "0s", false, false, "",
     "How long a process that was told to end still serves, while /healthz says 503 and every "
     "answer closes its connection, so that what stands in front sends elsewhere before it leaves; "
     "up to 60s. Set it longer than the health checks need to notice (interval times failures) "
     "where nobody takes a replica out of the balancer first; docs/upgrade.md has the numbers."},
    {"GOOGLE_CLIENT_ID", "", true, false, "1234567890-abc.apps.googleusercontent.com",
     "OAuth client of your Google Cloud project, type \"Web application\", consent screen "
     "\"Internal\"."},
    {"GOOGLE_CLIENT_SECRET", "", true, true, "GOCSPX-your-client-secret",
     "The secret of that client. From the environment or the configuration file only."},
    {"ALLOWED_DOMAINS", "", true, false, "example.com,example.org",
     "Comma-separated Workspace domains that may sign in, compared with the `hd` claim of Google's "
     "ID token. `*` lets every "
     "Google account in and must be written out."},
    {"GATEHOUSE_STORE", "sqlite:gatehouse.db", false, false, "",
     "Where sessions live: `sqlite:PATH` on one machine, `dynamodb:TABLE` for any number of "
     "replicas (docs/aws.md), or `memory:` for trying things out (everyone signs in again after a "
     "restart)."},
    {"GATEHOUSE_KEY", "file:gatehouse.key", false, false, "",
     "The key that seals them: `file:PATH`, or `kms:KEY` with the ARN, id or alias of a symmetric "
     "KMS key; older keys that still open what they sealed follow after commas, as ARNs or ids "
     "(`kms:NEW,OLD`). Keep a key file out of the database's backups: together with a live token "
     "it opens what the database holds."},
    {"GATEHOUSE_SESSION_TTL", "168h", false, false, "",
     "How long after signing in people sign in again; never above 168h, and nothing extends it. "
     "Units: s, m, h, d."},
    {"GATEHOUSE_ACCESS_TOKEN_TTL", "1h", false, false, "",
     "Lifetime of the access tokens clients hold and renew by themselves; from 1s to 24h."},
    {"GATEHOUSE_MODE", "full", false, false, "",
     "A ceiling for all tools and for the scopes ever asked of Google: `full`, `draft` (nothing is "
     "sent) or `readonly`."},
    {"GATEHOUSE_GOOGLE_QUOTAS", "", false, false, "/etc/gatehouse/quotas.json",
     "File that says what Google lets your project use and what its methods cost, where that is "
     "not "
     "the list for projects made since May 2026: JSON as `gatehouse print quotas` prints it, of "
     "which anything may be left out. Calls wait or are refused before Google would refuse them. "
     "The figures per project hold for each replica by itself."},
    {"GATEHOUSE_CLIENTS", "", false, false, "/etc/gatehouse/clients.json",
     "File with clients that need not register: a JSON list of objects with the members of RFC "
     "7591 and a `client_id` of your choice, read at the start. Instead of a secret it holds "
     "`client_secret_sha256`, which `printf %s SECRET | sha256sum` prints. docs/clients.md has an "
     "example."},
    {"GATEHOUSE_ENTERPRISE_ISSUERS", "", false, false, "https://acme.okta.com",
     "Comma-separated issuers of your own identity provider whose identity assertions (ID-JAG, MCP "
     "\"enterprise-managed authorization\") let clients in, spelled as in the provider's metadata, "
     "a trailing slash included; unset, the grant is not offered. The provider decides which "
     "client "
     "may begin for whom: its assertion names the client by the id it has here, and the person by "
     "`email`. Google is still asked: on first use the person signs in with that very account. "
     "https, unless the host is loopback. docs/clients.md says what to set at the provider."},
    {"GATEHOUSE_BRAND_NAME", "Gatehouse", false, false, "Acme Gatehouse",
     "Under what name the pages stand; at most 60 characters."},
    {"GATEHOUSE_BRAND_LOGO", "", false, false, "/etc/gatehouse/logo.svg",
     "File with a picture to show beside that name: PNG, WebP or SVG, at most 64 KB, read at the "
     "start."},
    {"GATEHOUSE_CONTACT", "", false, false, "it@example.com",
     "Whom people ask when something stops them: a mail address or an https URL. Every page shows "
     "it."},
    {"GATEHOUSE_EMF_NAMESPACE", "", false, false, "Gatehouse",
     "Once a minute, and at the end, a line in CloudWatch's embedded metric format on standard "
     "output: the log group that takes it in makes metrics of it under this namespace, without a "
     "permission. Unset, there is none. docs/operations.md lists the metrics."},
    {"GATEHOUSE_EMF_SERVICE", "gatehouse", false, false, "",
     "Value of those metrics' one dimension, `Service`: what tells deployments in one account "
     "apart."},
    {"GATEHOUSE_LOG", "info", false, false, "",
     "`debug`, `info`, `warn` or `error`. JSON lines on standard output, readable text on a "
     "terminal. Audit events are written at every level."},
    {"AWS_REGION", "", false, false, "eu-central-1",
     "Region of the table and the key; AWS_DEFAULT_REGION and the profile's `region` count too. "
     "Needed with `dynamodb:` or `kms:` only, as all AWS settings."},
    {"AWS_PROFILE", "", false, false, "",
     "Profile of ~/.aws/config and ~/.aws/credentials: static keys, `role_arn`, web identity or "
     "`credential_process`. Credentials are looked for in the order of AWS's SDKs: environment, "
     "profile, web identity, container, instance metadata (v2)."},
    {"AWS_ACCESS_KEY_ID", "", false, false, "", "Static credentials: id of the access key."},
    {"AWS_SECRET_ACCESS_KEY", "", false, true, "",
     "Static credentials: the secret of that key. From the environment or the configuration file "
     "only; better, run where a role provides credentials."},
    {"AWS_SESSION_TOKEN", "", false, true, "", "Static credentials: their session token, if any."},
    {"AWS_ROLE_ARN", "", false, false, "",
     "Role to assume with the token of AWS_WEB_IDENTITY_TOKEN_FILE, as EKS sets it."},
    {"AWS_WEB_IDENTITY_TOKEN_FILE", "", false, false, "",
     "File with an OpenID Connect token, exchanged at STS for credentials of AWS_ROLE_ARN."},
    {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "", false, false, "",
     "Path of the container's credentials at 169.254.170.2, as ECS sets it."},
    {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "", false, false, "",
     "Address of the container's credentials: https, loopback, or the link-local addresses of ECS "
     "and EKS."},
    {"AWS_ENDPOINT_URL", "", false, false, "",
     "Replaces the address of every AWS service: for VPC endpoints and tests."},
    {"AWS_ENDPOINT_URL_DYNAMODB", "", false, false, "", "Replaces the address of DynamoDB."},
    {"AWS_ENDPOINT_URL_KMS", "", false, false, "", "Replaces the address of KMS."},
    {"AWS_ENDPOINT_URL_STS", "", false, false, "", "Replaces the address of STS."},
    {"GOOGLE_ISSUER", "https://accounts.google.com", false, false, "",
     "OpenID issuer. For tests and the emulator only."},
    {"GOOGLE_API_URL", "", false, false, "",
     "Replaces every https://NAME.googleapis.com, paths unchanged. For tests and the emulator "
     "only."},
};

std::string flag_of(const Setting& setting);      // "--public-url"
std::string toml_key_of(const Setting& setting);  // "public_url"

enum class StoreKind { memory, sqlite, dynamodb };
enum class KeyKind { file, kms };

struct Config {
  Config() {}
  std::string public_url;     // no trailing slash
  std::string public_host;    // host[:port] as in the Host header
  bool secure_origin = true;  // https
  std::string listen;
  std::string admin_listen;  // empty: none
  std::string peer_listen;   // empty: none
  std::string peer_address;  // empty: found out
  std::size_t trusted_proxies = 0;
  std::chrono::seconds shutdown_delay{};
  std::string google_client_id;
  base::Secret google_client_secret;
  std::vector<std::string> allowed_domains;
  StoreKind store = StoreKind::sqlite;
  std::string store_path;      // sqlite
  std::string dynamodb_table;  // dynamodb
  KeyKind key = KeyKind::file;
  std::string key_path;               // file
  std::vector<std::string> kms_keys;  // kms: the first seals, all open
  aws::Environment aws;               // what its SDKs would read
  std::chrono::seconds session_ttl{};
  std::chrono::seconds access_token_ttl{};
  workspace::Mode mode = workspace::Mode::full;
  google::Quotas quotas;
  std::vector<oauth::Client> clients;  // that need not register
  std::vector<std::string> enterprise_issuers;
  web::Brand brand;
  telemetry::Level log_level = telemetry::Level::info;
  std::string emf_namespace;  // empty: no such lines
  std::string emf_service;
  std::string google_issuer;
  std::string google_api_url;  // empty: Google's own

  // Whether other replicas may work on the same records.
  bool is_shared() const { return store == StoreKind::dynamodb; }
  bool needs_aws() const { return store == StoreKind::dynamodb || key == KeyKind::kms; }
  std::string google_redirect_uri() const { return public_url + "/oauth/google/callback"; }
};

// What a person wrote, by setting name. Absent means the default.
using SettingValues = std::map<std::string, std::string, std::less<>>;

struct ConfigProblem {
  std::string setting;
  std::string text;  // what is wrong and what to write instead
};

// Checks everything and reports every problem at once. `process` is what the process's environment
// has for AWS; settings win over it.
base::Result<Config, std::vector<ConfigProblem>> make_config(const SettingValues& values,
                                                             aws::Environment process = {});

// For commands about what is stored, which need no OAuth client and are not stopped by what is
// wrong with the rest: reads the settings of which is_about_records() is true, and leaves the
// others out.
base::Result<Config, std::vector<ConfigProblem>> make_records_config(const SettingValues& values,
                                                                     aws::Environment process = {});
bool is_about_records(const Setting& setting);

// "90s", "15m", "1h", "7d"; nullopt otherwise.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace gatehouse::gateway
