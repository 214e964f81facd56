// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

// A key set whose private halves were thrown away, and one token signed with each.
namespace gatehouse::fuzzing {

inline constexpr std::string_view kKnownPayload = R"({"sub":"1234567890"})";
inline constexpr std::string_view kKnownKeys =
    R"({"keys":[{"kty":"RSA","kid":"rsa-1","use":"sig","alg":"RS256","n":"lleIjfo_g)"
    R"(ApuMZvL4SxUxaVrMgT9uk3jQQuLHevPuK9qITACNSVgxqO0vFUkEoY7A15o75oP2Mm4Zik8-VIkf)"
    R"(ZhJaJBcMA2tE3gI4RCm3ykoZFJvSHUvNh4Sr2EgXKk7KNMnmVJEq2kNdFGEdB0RNy8cDWX-VV_Xu)"
    R"(G5bxo_e2yRxnINCMy_l5y81dparJbH82x04DsN6ZOXxyDDjaAM0-8BT8sfRnMQ4ARJ8kf_xw0OGT)"
    R"(oAWXk2w5wG9v-OpWyDuUgLk9IaxJkFXjjuu001bSb8F6nqvsb179AcSR5lS6ZCH1vwpGymlRXQF9)"
    R"(hy9lVCkC95lgVzdXQ5D_tK06CHK_w","e":"AQAB"},{"kty":"EC","kid":"ec-1","crv":"P)"
    R"(-256","x":"_9dnANwPI2PSLxYRQeJp7gZPDnmpSebHUB7ztGAXJYA","y":"PMQmKoGKp2PZSVV)"
    R"(m27Fi9JPq5sfUiT_83VJ5BgNu83I"}]})";
inline constexpr std::string_view kKnownRsaToken =
    R"(eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYS0xIn0.eyJzdWIiOiIxMjM0NTY3ODkwIn0.Vnb9Xyr7)"
    R"(o9eVjlTberYWADcBMt-VqgImTdJvTUfy2o3eChXWWJXwZx1uC0axUYN3W4_D5ZK2cEjlxuyoZQ5Y)"
    R"(k8MCK7Lcz5Y65KijTd-z-tgpdMrEOHjN8DDqWZKyl-66cOmId_uWWjDFrCg7NzJEh40sjff56IAb)"
    R"(Ya-iq9-lQgwMpsfMa8FjpjR9La2rZ0gCn4o7Be9XJeXqpwqhpXl_q-sDOjGSFWZIYup9-PQSiiKu)"
    R"(CXGPUX5WsEkTGh7ljvcW9tF4etGLyqfY75A18ZOl5ktJjeUSvivq8Nsnlv2ClNV2DDoEV4aBNb4A)"
    R"(n5wT9rqe0C9V2wvVE6yDntIn8X6OJw)";
inline constexpr std::string_view kKnownEcToken =
    R"(eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjLTEifQ.eyJzdWIiOiIxMjM0NTY3ODkwIn0.RlhaPx_7g)"
    R"(rYvDT347Iz3bqZvBqwuv-M5Y8EwPnYZJ-ALb9VUBJNsBJvCVHswmewwtZGBD9fHFwtcI4fyz9O_M)"
    R"(Q)";

}  // namespace gatehouse::fuzzing
