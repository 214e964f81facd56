// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/curl_client.h"

#include <utility>

#include "gatehouse/http/curl_multi.h"
#include "gatehouse/http/curl_request.h"
#include "gatehouse/http/curl_transfer.h"

namespace gatehouse::http {

CurlClient::CurlClient(boost::asio::io_context& loop, CurlClientOptions options)
    : impl_(std::make_shared<Impl>(loop, std::move(options))) {
  impl_->open();
}

CurlClient::~CurlClient() { impl_->shut_down(); }

CurlClientStatus CurlClient::status() const { return impl_->status(); }

base::Task<ClientResponse> CurlClient::send(const ClientRequest& request) {
  auto target = curl_target_of(request.url, impl_->options());
  if (!target) co_return target.error();
  const auto method = check_curl_method(request);
  if (!method) co_return method.error();
  auto lines = curl_headers_of(request);
  if (!lines) co_return lines.error();

  Transfer transfer(impl_, request, *std::move(target), *std::move(lines));
  auto response = co_await transfer.run();
  co_return std::move(response);
}

}  // namespace gatehouse::http
