// SPDX-License-Identifier: MIT
// What Traefik v3.7 answered for these routers and requests; each row is one observation.
#include "routing/table.h"
#include "rules/compile.h"
#include "runtime/modules.h"
#include "t/lib/sample_request.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

#include <deque>

using namespace pm;

namespace {

struct RouterRow {
  std::string_view name;
  std::string_view rule;
  std::string_view service;
  std::int64_t priority = 0;  // 0: by length
  rules::Syntax syntax = rules::Syntax::v3;
};

// The routers of one group in one table; asked for a request, it names the service.
class Group {
 public:
  template <std::size_t count>
  explicit Group(const RouterRow (&rows)[count]) {
    std::vector<routing::TableEntry> entries;
    for (const RouterRow& row : rows) {
      compiled_.push_back(rules::compile(row.rule, row.syntax, all_modules.matchers));
      CHECK_TRUE_TEXT(compiled_.back().rule != nullptr, std::string(row.rule).c_str());
      const std::int64_t priority =
          row.priority != 0 ? row.priority : rules::default_priority(row.rule);
      entries.push_back({compiled_.back().rule.get(), priority, 0, std::string(row.name),
                         static_cast<std::uint32_t>(services_.size())});
      services_.push_back(row.service);
    }
    table_ = routing::Table(std::move(entries));
  }

  std::string asked(std::string_view line) const {
    SampleRequest sample(line);
    const std::uint32_t id = table_.find(sample.request());
    return id == routing::Table::none ? "404" : std::string(services_[id]);
  }

 private:
  std::deque<rules::Compiled> compiled_;
  std::vector<std::string_view> services_;
  routing::Table table_;
};

}  // namespace

TEST_GROUP(traefik_rules){};

TEST(traefik_rules, hosts) {
  const RouterRow routers[] = {
      {"plain", "Host(`plain.test`)", "a"},
      {"upper", "Host(`UPPER.test`)", "b"},
      {"re", "HostRegexp(`^[a-z]+\\.re\\.test$`)", "c"},
      {"reopen", "HostRegexp(`open\\.test`)", "d"},
      {"ip", "Host(`127.0.0.1`)", "e"},
      {"ip6", "Host(`::1`)", "e"},
      {"under", "Host(`under_score.test`)", "a"},
      {"two", "Host(`one.two.test`) || Host(`two.two.test`)", "b"},
      {"idn", "Host(`xn--bcher-kva.test`)", "c"},
      {"dot", "Host(`dotted.test.`)", "d"},
      {"wild", "Host(`*.wild.test`)", "d"},
  };
  const Row rows[] = {
      {"GET / host=plain.test", "a"},
      {"GET / host=PLAIN.Test", "a"},
      {"GET / host=upper.test", "b"},
      {"GET / host=UPPER.TEST", "b"},
      {"GET / host=plain.test:8080", "a"},
      {"GET / host=plain.test:20000", "a"},
      {"GET / host=plain.test.", "a"},
      {"GET / host=plain.test.:80", "a"},
      {"GET / host=dotted.test", "d"},
      {"GET / host=dotted.test.", "d"},
      {"GET / host=nobody.test", "404"},
      {"GET / host=sub.plain.test", "404"},
      {"GET / host=plain.test.evil", "404"},
      {"GET /", "404"},
      {"GET / version=1.0", "404"},
      {"GET / host=plain.test version=1.0", "a"},
      {"GET / host=abc.re.test", "c"},
      {"GET / host=ABC.re.test", "c"},
      {"GET / host=abc.re.test:81", "c"},
      {"GET / host=abc9.re.test", "404"},
      {"GET / host=abc.re.test.x", "404"},
      {"GET / host=xopen.testy", "d"},
      {"GET / host=127.0.0.1", "e"},
      {"GET / host=127.0.0.1:99", "e"},
      {"GET / host=[::1]", "e"},
      {"GET / host=[::1]:99", "e"},
      {"GET / host=under_score.test", "a"},
      {"GET / host=one.two.test", "b"},
      {"GET / host=two.two.test", "b"},
      {"GET / host=xn--bcher-kva.test", "c"},
      {"GET / host=x.wild.test", "d"},
      {"GET / host=y.x.wild.test", "404"},
      {"GET / host=wild.test", "404"},
      {"GET / host=X.WILD.test", "d"},
      {"GET http://plain.test/x host=nobody.test", "a"},
      {"GET http://plain.test:80/x host=plain.test", "a"},
      {"GET / host=plain.test", "a"},
      {"GET / host=plain.test:1234", "a"},
  };
  const Group group(routers);
  check_rows(rows, [&](std::string_view line) { return group.asked(line); });
}

TEST(traefik_rules, paths) {
  const RouterRow routers[] = {
      {"exact", "Host(`p.test`) && Path(`/exact`)", "a"},
      {"slash", "Host(`p.test`) && Path(`/dir/`)", "b"},
      {"prefix", "Host(`p.test`) && PathPrefix(`/pre`)", "c"},
      {"prefixs", "Host(`p.test`) && PathPrefix(`/pres/`)", "d"},
      {"re", "Host(`p.test`) && PathRegexp(`^/re/[0-9]+$`)", "a"},
      {"reopen", "Host(`p.test`) && PathRegexp(`/mid/`)", "b"},
      {"rei", "Host(`p.test`) && PathRegexp(`(?i)^/icase$`)", "c"},
      {"enc", "Host(`p.test`) && Path(`/with space`)", "d"},
      {"utf",
       "Host(`p.test`) && Path(`/\xc3"
       "\xa9"
       "`)",
       "a"},
      {"encslash", "Host(`e.test`) && PathPrefix(`/a/b`)", "a"},
      {"encraw", "Host(`e.test`) && PathPrefix(`/a%2Fb`)", "b"},
      {"query", "Host(`q.test`) && Path(`/q`)", "a"},
      {"root", "Host(`root.test`) && Path(`/`)", "a"},
      {"plus", "Host(`p.test`) && Path(`/a+b`)", "b"},
  };
  const Row rows[] = {
      {"GET /exact host=p.test", "a"},    {"GET /exact?x=1 host=p.test", "a"},
      {"GET /exact/ host=p.test", "404"}, {"GET /Exact host=p.test", "404"},
      {"GET /dir/ host=p.test", "b"},     {"GET /dir host=p.test", "404"},
      {"GET /pre host=p.test", "c"},      {"GET /pre/x/y host=p.test", "c"},
      {"GET /prefix host=p.test", "c"},   {"GET /PRE/x host=p.test", "404"},
      {"GET /pres host=p.test", "c"},     {"GET /pres/1 host=p.test", "d"},
      {"GET /re/123 host=p.test", "a"},   {"GET /re/12a host=p.test", "404"},
      {"GET /re/123?x host=p.test", "a"}, {"GET /x/mid/y host=p.test", "b"},
      {"GET /ICase host=p.test", "c"},    {"GET /with%20space host=p.test", "d"},
      {"GET /a+b host=p.test", "b"},      {"GET /a%2Bb host=p.test", "404"},
      {"GET /%C3%A9 host=p.test", "a"},   {"GET /%65xact host=p.test", "a"},
      {"GET /a%2Fb host=e.test", "b"},    {"GET /a%2fb host=e.test", "b"},
      {"GET /a/b host=e.test", "a"},      {"GET /q? host=q.test", "a"},
      {"GET / host=root.test", "a"},      {"GET /?a=b host=root.test", "a"},
      {"GET /x host=root.test", "404"},   {"GET http://root.test host=root.test", "a"},
  };
  const Group group(routers);
  check_rows(rows, [&](std::string_view line) { return group.asked(line); });
}

TEST(traefik_rules, methods_headers_queries_and_addresses) {
  const RouterRow routers[] = {
      {"get", "Host(`m.test`) && Method(`GET`)", "a"},
      {"low", "Host(`m.test`) && Method(`post`)", "b"},
      {"custom", "Host(`m.test`) && Method(`PURGE`)", "c"},
      {"hdr", "Host(`h.test`) && Header(`X-Key`, `Val`)", "a"},
      {"hdrre", "Host(`h.test`) && HeaderRegexp(`X-Re`, `^v[0-9]$`)", "b"},
      {"hdrlow", "Host(`h.test`) && Header(`x-low`, `1`)", "c"},
      {"ct", "Host(`h.test`) && Header(`Content-Type`, `application/json`)", "d"},
      {"hhost", "Host(`hh.test`) && Header(`Host`, `hh.test`)", "a"},
      {"q", "Host(`q.test`) && Query(`k`, `v`)", "a"},
      {"qany", "Host(`q.test`) && Query(`any`)", "b"},
      {"qre", "Host(`q.test`) && QueryRegexp(`r`, `^[0-9]+$`)", "c"},
      {"qenc", "Host(`q.test`) && Query(`e`, `a b`)", "d"},
      {"ip1", "Host(`ip.test`) && ClientIP(`127.0.0.2`)", "a"},
      {"ipn", "Host(`ip.test`) && ClientIP(`127.0.3.0/24`)", "b"},
      {"ipnot", "Host(`ip.test`) && !ClientIP(`127.0.0.0/30`)", "c"},
      {"ip6", "Host(`ip.test`) && ClientIP(`::1`)", "d"},
  };
  const Row rows[] = {
      {"GET / host=m.test", "a"},
      {"HEAD / host=m.test", "404"},
      {"POST / host=m.test", "b"},
      {"get / host=m.test", "404"},
      {"PURGE / host=m.test", "c"},
      {"DELETE / host=m.test", "404"},
      {"GET / host=h.test X-Key:Val", "a"},
      {"GET / host=h.test x-KEY:Val", "a"},
      {"GET / host=h.test X-Key:val", "404"},
      {"GET / host=h.test X-Key:no X-Key:Val", "a"},
      {"GET / host=h.test X-Key:no,\\sVal", "404"},
      {"GET / host=h.test X-Key:Val", "a"},
      {"GET / host=h.test", "404"},
      {"GET / host=h.test X-Re:v7", "b"},
      {"GET / host=h.test X-Re:v77", "404"},
      {"GET / host=h.test X-Low:1", "c"},
      {"GET / host=h.test Content-Type:application/json;\\scharset=utf-8", "404"},
      {"GET / host=hh.test", "404"},
      {"GET /?k=v host=q.test", "a"},
      {"GET /?k=x&k=v host=q.test", "a"},
      {"GET /?k=w host=q.test", "404"},
      {"GET /?K=v host=q.test", "404"},
      {"GET /?any host=q.test", "b"},
      {"GET /?any=1 host=q.test", "404"},
      {"GET /?any= host=q.test", "b"},
      {"GET /?r=42 host=q.test", "c"},
      {"GET /?r=4x host=q.test", "404"},
      {"GET /?e=a%20b host=q.test", "d"},
      {"GET /?e=a+b host=q.test", "d"},
      {"GET /?%6B=v host=q.test", "a"},
      {"GET /?x=1;k=v host=q.test", "a"},
      {"GET / host=ip.test client=127.0.0.2", "a"},
      {"GET / host=ip.test client=127.0.3.9", "c"},
      {"GET / host=ip.test client=127.0.0.9", "c"},
      {"GET / host=ip.test client=127.0.0.1", "404"},
      {"GET / host=ip.test client=127.0.0.1 X-Forwarded-For:127.0.0.2", "404"},
  };
  const Group group(routers);
  check_rows(rows, [&](std::string_view line) { return group.asked(line); });
}

TEST(traefik_rules, operators) {
  const RouterRow routers[] = {
      {"prec", "Host(`l1.test`) && Path(`/x`) || Path(`/l1-only`)", "a"},
      {"paren", "Host(`l2.test`) && (Path(`/x`) || Path(`/y`))", "b"},
      {"neg", "Host(`l3.test`) && !PathPrefix(`/no`)", "c"},
      {"negparen", "Host(`l4.test`) && !(Path(`/a`) || Path(`/b`))", "d"},
      {"dbl", "Host(`l5.test`) && !(!Path(`/a`))", "a"},
      {"three", "Host(`l6.test`) && Path(`/a`) && Method(`GET`) || Host(`l6.test`) && Path(`/b`)",
       "b"},
      {"quotes", "Host(\"l7.test\") && Path(\"/dq\")", "c"},
      {"spaces", "  Host( `l8.test` )&&Path(`/tight`)  ", "d"},
      {"negor", "Host(`l9.test`) && (!Path(`/a`) || Header(`X-A`, `1`))", "a"},
      {"lower", "host(`l10.test`)", "b"},
      {"nest",
       "Host(`l11.test`) && ((Path(`/a`) && (Method(`GET`) || Method(`PUT`))) || Path(`/b`))", "c"},
  };
  const Row rows[] = {
      {"GET /x host=l1.test", "a"},      {"GET /l1-only host=other.test", "a"},
      {"GET /x host=other.test", "404"}, {"GET /x host=l2.test", "b"},
      {"GET /y host=l2.test", "b"},      {"GET /y host=other.test", "404"},
      {"GET /yes host=l3.test", "c"},    {"GET /no/x host=l3.test", "404"},
      {"GET /c host=l4.test", "d"},      {"GET /b host=l4.test", "404"},
      {"GET /a host=l5.test", "a"},      {"GET /b host=l5.test", "404"},
      {"GET /a host=l6.test", "b"},      {"PUT /a host=l6.test", "404"},
      {"PUT /b host=l6.test", "b"},      {"GET /dq host=l7.test", "c"},
      {"GET /tight host=l8.test", "d"},  {"GET /a host=l9.test X-A:1", "a"},
      {"GET /a host=l9.test", "404"},    {"GET / host=l10.test", "b"},
      {"PUT /a host=l11.test", "c"},     {"POST /a host=l11.test", "404"},
      {"POST /b host=l11.test", "c"},
  };
  const Group group(routers);
  check_rows(rows, [&](std::string_view line) { return group.asked(line); });
}

TEST(traefik_rules, priorities) {
  const RouterRow routers[] = {
      {"long-", "Host(`p1.test`) && PathPrefix(`/api/v1`)", "a"},
      {"short", "Host(`p1.test`) && PathPrefix(`/api`)", "b"},
      {"any-", "Host(`p1.test`)", "c"},
      {"hi", "Host(`p2.test`)", "a", 1000},
      {"lo", "Host(`p2.test`) && PathPrefix(`/`) && Method(`GET`)", "b"},
      {"one", "Host(`p3.test`) && PathPrefix(`/long/rule/here`)", "a", 1},
      {"two", "Host(`p3.test`)", "b", 2},
      {"neg", "Host(`p4.test`) && PathPrefix(`/`)", "a", -5},
      {"neg2", "Host(`p4.test`)", "b"},
      {"tie-b", "Host(`t5.test`) && Path(`/q`)", "b"},
      {"tie-a", "Path(`/q`) && Host(`t5.test`)", "a"},
      {"zero", "Host(`p6.test`) && Path(`/z`)", "a"},
      {"zero2", "Host(`p6.test`)", "b", 5},
      {"len-re", "HostRegexp(`^p7.*$`) && PathPrefix(`/averyveryverylongpath`)", "a"},
      {"len-h", "Host(`p7.test`)", "b"},
      {"mn", "Host(`p8.test`)", "a", 12},
      {"mx", "Host(`p8.test`) && Path(`/x`)", "b", 13},
  };
  const Row rows[] = {
      {"GET /api/v1/x host=p1.test", "a"},
      {"GET /api/v2 host=p1.test", "b"},
      {"GET / host=p1.test", "c"},
      {"GET / host=p2.test", "a"},
      {"GET /long/rule/here host=p3.test", "b"},
      {"GET / host=p4.test", "b"},
      {"GET /q host=t5.test", "a"},
      {"GET /z host=p6.test", "a"},
      {"GET /averyveryverylongpath/x host=p7.test", "a"},
      {"GET /x host=p8.test", "b"},
      {"GET /y host=p8.test", "a"},
  };
  const Group group(routers);
  check_rows(rows, [&](std::string_view line) { return group.asked(line); });
}

TEST(traefik_rules, the_older_syntax) {
  const RouterRow routers[] = {
      {"hosts", "Host(`one.test`, `two.test`)", "a", 0, rules::Syntax::v2},
      {"named", "Host(`n.test`) && PathPrefix(`/u/{id:[0-9]+}`)", "b", 0, rules::Syntax::v2},
      {"hre", "HostRegexp(`{sub:[a-z]+}.re.test`)", "c", 0, rules::Syntax::v2},
      {"hdrs", "Host(`h.test`) && Headers(`X-A`, `1`)", "d", 0, rules::Syntax::v2},
      {"q", "Host(`q.test`) && Query(`k=v`)", "a", 0, rules::Syntax::v2},
      {"v3", "Host(`v3.test`) && Header(`X-A`, `1`)", "b"},
  };
  const Row rows[] = {
      {"GET / host=two.test", "a"},      {"GET /u/12/x host=n.test", "b"},
      {"GET /u/x host=n.test", "404"},   {"GET / host=abc.re.test", "c"},
      {"GET / host=h.test X-A:1", "d"},  {"GET /?k=v host=q.test", "a"},
      {"GET / host=v3.test X-A:1", "b"},
  };
  const Group group(routers);
  check_rows(rows, [&](std::string_view line) { return group.asked(line); });
}
