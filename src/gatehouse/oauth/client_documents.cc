// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/oauth/client_documents.h"

#include <string_view>
#include <utility>

#include "gatehouse/oauth/client_document.h"
#include "gatehouse/oauth/known_clients.h"

namespace gatehouse::oauth {
namespace {

using telemetry::Field;

PublishedCopies<Client>::Kind kind_of_documents(const AuthorizationServerSettings& settings) {
  PublishedCopies<Client>::Kind kind;
  kind.log_name = "client document";
  kind.told_outside = "the client's metadata document";
  kind.bytes_max = kClientDocumentBytesMax;
  kind.read = [&settings](const std::string& url, std::string_view body) {
    return parse_client_document(settings, url, body);
  };
  kind.shipped = [](std::string_view url) { return known_client(url); };
  return kind;
}

}  // namespace

ClientDocuments::ClientDocuments(const AuthorizationServerSettings& settings,
                                 DocumentFetcher& fetcher, const base::Clock& clock,
                                 telemetry::Log& log, ClientDocumentLimits limits)
    : log_(log), published_(kind_of_documents(settings), fetcher, clock, log, limits) {}

base::Coroutine<Judged<Client>> ClientDocuments::find(std::string client_id,
                                                      const telemetry::RequestTrace& trace) {
  const auto fault = client_document_url_fault(client_id);
  if (fault) {
    const Rejection refused = document_refused("client_id " + *fault);
    telemetry::TracedLog(log_, trace)
        .info("client document refused", {{Field::client, std::string_view(client_id)},
                                          {Field::detail, std::string_view(refused.description)}});
    co_return refused;
  }
  auto client = co_await published_.find(client_id, client_id, trace);
  co_return client;
}

}  // namespace gatehouse::oauth
