// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/task.h"
#include "gatehouse/oauth/client.h"
#include "gatehouse/oauth/document_fetcher.h"
#include "gatehouse/oauth/published_copies.h"
#include "gatehouse/oauth/rejection.h"
#include "gatehouse/oauth/settings.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::oauth {

// Clients that publish themselves. For the event loop's thread; outlives its coroutines.
class ClientDocuments {
 public:
  ClientDocuments(const AuthorizationServerSettings& settings, DocumentFetcher& fetcher,
                  const base::Clock& clock, telemetry::Log& log, ClientDocumentLimits limits = {});

  // Reason::client_document_refused when it can be no client, Reason::client_document_unreachable
  // when that cannot be told now.
  base::Coroutine<Judged<Client>> find(std::string client_id, const telemetry::RequestTrace& trace);

  std::size_t size() const { return published_.size(); }

 private:
  telemetry::Log& log_;
  PublishedCopies<Client> published_;
};

}  // namespace gatehouse::oauth
