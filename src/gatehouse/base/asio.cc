// SPDX-License-Identifier: Apache-2.0
//
// What of Asio is no template, compiled once instead of in every file that includes it.
#include <boost/asio/impl/src.hpp>
