// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/json.h"
#include "gatehouse/base/random.h"
#include "gatehouse/http/scripted_client.h"
#include "gatehouse/oauth/authorization_server.h"
#include "gatehouse/oauth/pkce.h"
#include "gatehouse/oauth/test_request.h"
#include "gatehouse/store/memory_record_store.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/vault/data_keys.h"
#include "gatehouse/vault/grant_vault.h"
#include "gatehouse/vault/local_key_provider.h"
#include "gatehouse/vault/record_vault.h"
#include "gatehouse/vault/sealed_state.h"
#include "gatehouse/vault/token_keys.h"

namespace gatehouse::oauth {

// For tests: a store that fails when told to.
class FailingStore final : public store::RecordStore {
 public:
  explicit FailingStore(store::RecordStore& inner) : inner_(inner) {}
  bool failing = false;

  base::Task<store::RecordPtr> get(std::string_view key) override {
    if (failing) return fail<store::RecordPtr>();
    return inner_.get(key);
  }
  base::Task<std::vector<store::RecordPtr>> get_each(
      const std::vector<std::string>& keys) override {
    if (failing) return fail<std::vector<store::RecordPtr>>();
    return inner_.get_each(keys);
  }
  base::Task<void> create(store::Record record) override {
    if (failing) return fail<void>();
    return inner_.create(std::move(record));
  }
  base::Task<void> replace(store::Record record) override {
    if (failing) return fail<void>();
    return inner_.replace(std::move(record));
  }
  base::Task<void> remove(std::string_view key, std::uint64_t generation) override {
    if (failing) return fail<void>();
    return inner_.remove(key, generation);
  }

 private:
  template <class T>
  static base::Task<T> fail() {
    co_return base::Error{base::Errc::unavailable, "store switched off"};
  }

  store::RecordStore& inner_;
};

// For tests: the authorization server on a memory store, with everything real below it but time,
// chance and disk.
class ServerBench {
 public:
  explicit ServerBench(AuthorizationServerSettings settings = default_settings())
      : clock(base::from_epoch_seconds(1'800'000'000)),
        random(7),
        memory(clock),
        store(memory),
        token_keys(one_key(1)),
        provider(one_key(2), random),
        data_keys(provider, vault::KeyContext{}, vault::DataKeyLimits{}, clock),
        grants(vault::VaultOptions(), store, data_keys, token_keys, clock, random, log),
        records("gatehouse", store, data_keys, clock, random),
        seals(token_keys, clock, random),
        server(std::move(settings), grants, records, documents, issuers, clock, random, log) {
    for (http::ScriptedClient* const client : {&documents, &issuers}) {
      client->set_script(
          [](const auto&) { return http::ScriptedClient::failure(base::Errc::unavailable); });
    }
    for (http::Route& route : server.routes()) router.add(std::move(route));
  }

  static AuthorizationServerSettings default_settings() {
    AuthorizationServerSettings settings;
    settings.public_url = "https://gate.example";
    settings.scopes_supported = {"workspace.read", "workspace.write"};
    return settings;
  }

  // Every line that the request leaves has to name it.
  http::Response send(TestRequest& request) {
    const telemetry::RequestTrace trace({}, names_);
    last_trace = trace.trace_id();
    request.traced(trace);
    const std::size_t before = log.text().size();
    http::Response response = run(router.handle(request.get()));
    expect_named(std::string_view(log.text()).substr(before));
    return response;
  }

  std::vector<std::string> keys() {
    const auto listed = run(memory.list("", "", 1000));
    std::vector<std::string> names;
    for (const store::RecordPtr& record : listed->records) names.push_back(record->key);
    return names;
  }
  std::size_t count(std::string_view prefix) {
    std::size_t found = 0;
    for (const std::string& key : keys()) found += key.starts_with(prefix) ? 1 : 0;
    return found;
  }

  // Registers a client; gives its id, and its secret behind a space when it has one.
  std::string register_client(const std::string& more = "") {
    TestRequest request(http::Method::post, "/register");
    request.body(
        "{\"client_name\":\"Example\",\"redirect_uris\":[\"" + redirect + "\"]" + more + "}",
        "application/json");
    const http::Response response = send(request);
    const auto document = base::JsonDocument::parse(response.body);
    std::string id(document->root().find_string("client_id").value_or(""));
    const auto secret = document->root().find_string("client_secret");
    return secret ? id + " " + std::string(*secret) : id;
  }

  AuthorizationRequest asked_by(const std::string& client) const {
    AuthorizationRequest request;
    request.client = base::ClientId(client);
    request.client_name = "Example";
    request.redirect_uri = redirect;
    request.code_challenge = code_challenge_for(verifier);
    request.scopes = {"workspace.read"};
    request.resource = "https://gate.example/mcp";
    request.state = "state";
    return request;
  }

  // A code for this client, as if the person had agreed and signed in. Of `scopes`, asked for,
  // Google granted what `served` need.
  std::string code_for(const std::string& client, const Scopes& scopes = {"workspace.read"},
                       const Scopes& served = {"workspace.read"}) {
    AuthorizationRequest asked = asked_by(client);
    asked.scopes = scopes;
    vault::UpstreamCredentials upstream;
    upstream.access_token = base::Secret::copy_of("ya29.google");
    upstream.refresh_token = base::Secret::copy_of("1//google");
    upstream.email = "ada@example.com";
    const auto completed =
        run(server.authorization().complete(asked, served, base::UserId("sub-1"), upstream));
    http::Response response = http::empty_response(302);
    response.with("Location", completed->location);
    return location_field(response, "code").value_or("");
  }

  http::FormFields code_form(const std::string& client, const std::string& code) const {
    return {{"grant_type", "authorization_code"},
            {"code", code},
            {"code_verifier", verifier},
            {"client_id", client},
            {"redirect_uri", redirect}};
  }

  http::Response post(const std::string& path, const http::FormFields& fields) {
    TestRequest request(http::Method::post, path);
    request.form(fields);
    return send(request);
  }

  const std::string redirect = "https://client.example/cb";
  const std::string verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

  base::FixedClock clock;
  base::SeededRandom random;
  telemetry::MemoryLog log;
  store::MemoryRecordStore memory;
  FailingStore store;
  vault::TokenKeys token_keys;
  vault::LocalKeyProvider provider;
  vault::DataKeys data_keys;
  vault::GrantVault grants;
  vault::RecordVault records;
  vault::SealedState seals;
  http::ScriptedClient documents;  // where clients publish themselves: away until told otherwise
  http::ScriptedClient issuers;    // where identity providers do: the same
  AuthorizationServer server;
  http::Router router;
  std::string last_trace;  // of the last request that was sent

 private:
  void expect_named(std::string_view lines) const {
    const std::string name = R"("trace_id":")" + last_trace + R"(")";
    while (!lines.empty()) {
      const std::string_view line = lines.substr(0, lines.find('\n'));
      EXPECT_NE(line.find(name), std::string_view::npos) << line;
      lines.remove_prefix(line.size() + 1);
    }
  }

  base::SeededRandom names_{99};

  static std::vector<vault::TokenKeys::Key> one_key(std::uint8_t id) {
    std::vector<vault::TokenKeys::Key> keys;
    keys.push_back({id, base::Secret::copy_of(std::string(32, static_cast<char>('a' + id)))});
    return keys;
  }
};

// A string member of a JSON answer; empty when absent.
inline std::string json_field(const http::Response& response, std::string_view name) {
  const auto document = base::JsonDocument::parse(response.body);
  if (!document) return {};
  return std::string(document->root().find_string(name).value_or(""));
}

}  // namespace gatehouse::oauth
