// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/task.h"
#include "gatehouse/http/client.h"
#include "gatehouse/oauth/client_keys.h"
#include "gatehouse/oauth/document_fetcher.h"
#include "gatehouse/oauth/issuer_metadata.h"
#include "gatehouse/oauth/published_copies.h"
#include "gatehouse/oauth/rejection.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::oauth {

// The keys of the identity providers that the operator named, found by their metadata. What lies at
// a provider's own origin is fetched wherever that is, since a company's own may stand in its own
// network; keys that it keeps elsewhere only from public addresses, as those of clients. Nothing is
// fetched before somebody presents an assertion.
class IssuerKeys {
 public:
  // `named` reaches what the operator names, `guarded` public addresses only.
  IssuerKeys(http::Client& named, DocumentFetcher& guarded, const base::Clock& clock,
             telemetry::Log& log, ClientDocumentLimits limits = client_keys_limits());

  // Of an issuer without a fault. Reason::client_document_refused when it has none that can be
  // used, Reason::client_document_unreachable when that cannot be told now; the description is for
  // the operator.
  base::Coroutine<Judged<ClientKeySet>> find(const std::string& issuer,
                                             const telemetry::RequestTrace& trace);

  // Whether it may have published other keys meanwhile; the next find() asks it.
  bool doubt(const std::string& issuer);

 private:
  base::Coroutine<Judged<IssuerMetadata>> metadata_of(const std::string& issuer,
                                                      const telemetry::RequestTrace& trace);
  PublishedCopies<ClientKeySet>& copies_for(const IssuerMetadata& metadata);

  DocumentFetcher named_;
  PublishedCopies<IssuerMetadata> metadata_;
  PublishedCopies<ClientKeySet> own_keys_;
  PublishedCopies<ClientKeySet> keys_elsewhere_;
  std::map<std::string, IssuerMetadata> known_;       // by issuer, as last read
  std::map<std::string, std::string> metadata_urls_;  // the one of the two that has it
};

}  // namespace gatehouse::oauth
