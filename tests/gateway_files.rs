//! The files of gateways that no program here reads. Those of Kong and Traefik are held against what their
//! documentation says of each key: no key that it does not know, no name that leads nowhere.
//!
//! Sources: <https://developer.konghq.com/gateway/entities/> and
//! <https://doc.traefik.io/traefik/reference/routing-configuration/other-providers/file/>, read for Kong 3.9 and Traefik 3.

use std::collections::{BTreeMap, BTreeSet};

use crate::common::{Rendered, render};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_yaml::Value;
use stackgen::plan::Mode;
use stackgen::render::compose_path;

const WITH: &str = "
      routes:
        /api/: orders
        /api/orders: { service: orders, endpoint: admin, strip: false, limit: false, timeout: 1500ms }
        /odd.path+: { service: stock, timeout: 2m }
        /: { service: stock, limit: false }
      rate_limit: { rate: 600r/m }
";
const TLS: &str = "      tls: { certificate: /etc/site.pem, key: /etc/site.key }\n";

/// The gateway's file in production, with the compose service that reads it.
fn file(template: &str, name: &str, with: &str) -> (String, Value) {
    let text = format!(
        "name: shop\ntiers: {{ all: {{}} }}\nservices:\n  gateway:\n    tier: all\n    use: {template}\n    publish: {{ \
         production: 80 }}\n    with:{with}  orders: {{ tier: all, image: 'example/orders:1', listen: {{ http: 8000, \
         admin: {{ port: 8001, scheme: http }} }}, health: /up, use: python }}\n  stock: {{ tier: all, image: \
         'example/stock:1', listen: 9000, health: /up, use: python }}\n"
    );
    let rendered: Rendered = render(&text, None).unwrap_or_else(|message| panic!("{text}\n{message}"));
    let paths = [format!("config/gateway/production/{name}"), format!("config/gateway/{name}")];
    let found = paths.iter().map(|path| rendered.file(path)).find(|content| !content.is_empty());
    let plan = rendered.plans.iter().find(|plan| plan.mode == Mode::Production).expect("a plan");
    let compose: Value = serde_yaml::from_str(rendered.file(&compose_path(plan))).expect("YAML");
    (found.expect("a file").to_owned(), compose["services"]["gateway"].clone())
}

/// A file as its program reads it; a key that it does not know is an error.
fn read<T: DeserializeOwned>(text: &str) -> T {
    let value: serde_json::Value = serde_yaml::from_str(text).expect("YAML");
    serde_json::from_value(value).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kong {
    _format_version: String,
    _transform: bool,
    plugins: Vec<Plugin>,
    routes: Vec<KongRoute>,
    services: Vec<KongService>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KongService {
    name: String,
    url: String,
    connect_timeout: u32,
    read_timeout: u32,
    write_timeout: u32,
    routes: Vec<KongRoute>,
    #[serde(default)]
    plugins: Vec<Plugin>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KongRoute {
    name: String,
    paths: Vec<String>,
    #[serde(default)]
    strip_path: bool,
    #[serde(default)]
    preserve_host: bool,
    #[serde(default)]
    protocols: Vec<String>,
    https_redirect_status_code: Option<u16>,
    #[serde(default)]
    plugins: Vec<Plugin>,
}

/// The plugins that are used, with what each may be told.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(tag = "name", content = "config", rename_all = "kebab-case", deny_unknown_fields)]
enum Plugin {
    Prometheus {
        status_code_metrics: bool,
        latency_metrics: bool,
        bandwidth_metrics: bool,
        upstream_health_metrics: bool,
    },
    RateLimiting {
        second: Option<u32>,
        minute: Option<u32>,
        hour: Option<u32>,
        limit_by: String,
        policy: String,
    },
    RequestTermination {
        status_code: u16,
        message: String,
    },
}

#[test]
fn kong_is_told_what_it_knows() {
    let (text, _) = file("kong", "kong.yml", WITH);
    let kong: Kong = read(&text);
    assert_eq!((&*kong._format_version, kong._transform), ("3.0", true));
    let all = Plugin::Prometheus {
        status_code_metrics: true,
        latency_metrics: true,
        bandwidth_metrics: true,
        upstream_health_metrics: true,
    };
    assert_eq!(kong.plugins, [all]);
    let health = &kong.routes[0];
    assert_eq!((&*health.name, &health.paths[..]), ("health", &["/healthz".to_owned()][..]));
    assert_eq!(health.plugins, [Plugin::RequestTermination { status_code: 200, message: "ok".to_owned() }]);

    let routes: Vec<(&KongService, &KongRoute)> =
        kong.services.iter().map(|service| (service, &service.routes[0])).collect();
    let summary: Vec<(&str, String, bool)> = routes
        .iter()
        .map(|(service, route)| (&*service.url, route.paths.join(" "), route.strip_path))
        .collect();
    assert_eq!(
        summary,
        [
            ("http://orders:8001", r"/api/orders/ ~/api/orders$".to_owned(), false),
            ("http://stock:9000", r"/odd.path+/ ~/odd\.path\+$".to_owned(), true),
            ("http://orders:8000", r"/api/ ~/api$".to_owned(), true),
            ("http://stock:9000", "/".to_owned(), false),
        ]
    );
    let names: BTreeSet<&str> =
        routes.iter().flat_map(|(service, route)| [&*service.name, &*route.name]).collect();
    assert_eq!(names.len(), kong.services.len(), "each service and its route have a name of their own");
    let limit = Plugin::RateLimiting {
        second: None,
        minute: Some(600),
        hour: None,
        limit_by: "ip".to_owned(),
        policy: "local".to_owned(),
    };
    let timeouts = [1500, 120_000, 60_000, 60_000];
    let limited = [false, true, true, false];
    for (((service, route), timeout), limited) in routes.into_iter().zip(timeouts).zip(limited) {
        let times = [service.connect_timeout, service.read_timeout, service.write_timeout];
        assert_eq!(times, [5000, timeout, timeout], "{}", service.name);
        assert_eq!(service.plugins.contains(&limit), limited, "{}", service.name);
        assert!(route.preserve_host && route.plugins.is_empty() && route.protocols.is_empty(), "{route:?}");
    }
}

#[test]
fn kong_leads_to_tls_where_it_has_a_certificate() {
    let (text, service) = file("kong", "kong.yml", &format!("{WITH}{TLS}"));
    let kong: Kong = read(&text);
    for route in kong.services.iter().flat_map(|service| &service.routes) {
        assert_eq!(
            (&route.protocols[..], route.https_redirect_status_code),
            (&["https".to_owned()][..], Some(308))
        );
    }
    assert!(kong.routes[0].protocols.is_empty(), "health answers on both");
    let environment = &service["environment"];
    assert_eq!(environment["KONG_PROXY_LISTEN"], "0.0.0.0:8000, 0.0.0.0:8443 ssl");
    let mounted = targets(&service);
    for key in ["KONG_SSL_CERT", "KONG_SSL_CERT_KEY"] {
        assert!(mounted.contains(environment[key].as_str().expect("a path")), "{key}");
    }
}

/// Where the volumes of a service are mounted.
fn targets(service: &Value) -> BTreeSet<&str> {
    let volumes = service["volumes"].as_sequence().expect("volumes");
    volumes.iter().map(|volume| volume["target"].as_str().expect("a path")).collect()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Traefik {
    http: Http,
    tls: Option<Tls>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Http {
    routers: BTreeMap<String, Router>,
    services: BTreeMap<String, Service>,
    servers_transports: BTreeMap<String, Transport>,
    middlewares: BTreeMap<String, Middleware>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Router {
    entry_points: Vec<String>,
    rule: String,
    priority: Option<u32>,
    #[serde(default)]
    middlewares: Vec<String>,
    service: String,
    tls: Option<BTreeMap<String, Value>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Service {
    load_balancer: LoadBalancer,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct LoadBalancer {
    servers_transport: String,
    servers: Vec<BTreeMap<String, String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Transport {
    forwarding_timeouts: Timeouts,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Timeouts {
    dial_timeout: String,
    response_header_timeout: String,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
enum Middleware {
    #[serde(rename_all = "camelCase")]
    RateLimit { average: u32, period: String, burst: u32 },
    #[serde(rename_all = "camelCase")]
    StripPrefix { prefixes: Vec<String> },
    #[serde(rename_all = "camelCase")]
    RedirectScheme { scheme: String, permanent: bool, port: Option<String> },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tls {
    stores: BTreeMap<String, Store>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Store {
    default_certificate: Certificate,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Certificate {
    cert_file: String,
    key_file: String,
}

/// Traefik's file, with no name in it that leads nowhere, and what its container is started with.
fn traefik(with: &str) -> (Traefik, Value) {
    let (text, service) = file("traefik", "routes.yml", with);
    let traefik: Traefik = read(&text);
    let http = &traefik.http;
    let flags = service["command"].as_sequence().expect("flags");
    let begins =
        |start: &str| flags.iter().any(|flag| flag.as_str().is_some_and(|flag| flag.starts_with(start)));
    for (name, router) in &http.routers {
        for entry in &router.entry_points {
            assert!(begins(&format!("--entryPoints.{entry}.address=:")), "{name}: {entry}");
        }
        let internal = ["ping@internal", "noop@internal"].contains(&&*router.service);
        assert!(internal || http.services.contains_key(&router.service), "{name}: {}", router.service);
        for middleware in &router.middlewares {
            assert!(http.middlewares.contains_key(middleware), "{name}: {middleware}");
        }
    }
    for (name, service) in &http.services {
        assert!(http.servers_transports.contains_key(&service.load_balancer.servers_transport), "{name}");
    }
    let used =
        |middleware: &String| http.routers.values().any(|router| router.middlewares.contains(middleware));
    assert!(http.middlewares.keys().all(used), "{:?}", http.middlewares.keys());
    (traefik, service)
}

#[test]
fn traefik_is_told_what_it_knows() {
    let (Traefik { http, tls }, _) = traefik(WITH);
    assert!(tls.is_none());
    let server = |name: &str| http.services[name].load_balancer.servers[0]["url"].as_str();
    let strips = |router: &Router| {
        let strips = |name: &String| matches!(http.middlewares[name], Middleware::StripPrefix { .. });
        router.middlewares.iter().any(strips)
    };
    let routes = http.routers.iter().filter(|(_, router)| http.services.contains_key(&router.service));
    let routes: Vec<(&str, &str, bool)> =
        routes.map(|(_, router)| (&*router.rule, server(&router.service), strips(router))).collect();
    let expected = [
        ("Path(`/api`) || PathPrefix(`/api/`)", "http://orders:8000", true),
        ("Path(`/api/orders`) || PathPrefix(`/api/orders/`)", "http://orders:8001", false),
        ("Path(`/odd.path+`) || PathPrefix(`/odd.path+/`)", "http://stock:9000", true),
        ("PathPrefix(`/`)", "http://stock:9000", false),
    ];
    assert_eq!(BTreeSet::from_iter(routes), BTreeSet::from(expected));
    assert_eq!(http.routers["health"].priority, Some(10000), "before any rule, which count by their length");
    let limit = Middleware::RateLimit { average: 600, period: "1m".to_owned(), burst: 20 };
    assert_eq!(http.middlewares["limit"], limit);
    let prefixes = vec!["/api".to_owned()];
    assert!(
        http.middlewares.values().any(|it| *it == Middleware::StripPrefix { prefixes: prefixes.clone() })
    );
    let timeouts = |transport: &Transport| {
        let Timeouts { dial_timeout, response_header_timeout } = &transport.forwarding_timeouts;
        (dial_timeout.clone(), response_header_timeout.clone())
    };
    let timeouts: BTreeSet<_> = http.servers_transports.values().map(timeouts).collect();
    let expected = ["1500ms", "2m", "60s"].map(|timeout| ("5s".to_owned(), timeout.to_owned()));
    assert_eq!(timeouts, BTreeSet::from(expected));
}

#[test]
fn traefik_leads_to_tls_where_it_has_a_certificate() {
    let (Traefik { http, tls }, service) = traefik(&format!("{WITH}{TLS}"));
    let to_https = Middleware::RedirectScheme { scheme: "https".to_owned(), permanent: true, port: None };
    assert_eq!(http.middlewares["to-https"], to_https);
    for (name, router) in &http.routers {
        let internal = router.service.ends_with("@internal");
        assert_eq!(router.tls.is_none(), internal, "{name}");
        assert_eq!(router.entry_points, [if internal { "web" } else { "websecure" }], "{name}");
    }
    let lowest = http.routers["to-https"].priority;
    assert!(http.routers.values().all(|router| router.priority.is_none() || router.priority >= lowest));
    let certificate = &tls.expect("a certificate").stores["default"].default_certificate;
    assert_eq!(targets(&service), BTreeSet::from([&*certificate.cert_file, &*certificate.key_file]));
}

#[test]
fn nginx_finds_a_service_of_the_host_in_its_hosts_file_and_not_by_docker_s_dns() {
    let text = "name: shop\ntiers: { all: {} }\nservices:\n  gateway: { tier: all, use: nginx, with: { routes: { /api: orders \
                } } }\n  orders: { tier: all, use: python, build: ., listen: 8000, publish: 8010, health: /up, overrides: { \
                dev-fast: { run: host } } }\n";
    let rendered = render(text, None).unwrap_or_else(|message| panic!("{message}"));
    let development = rendered.file("config/gateway/dev-fast/default.conf");
    assert!(development.contains("proxy_pass http://host.docker.internal:8010;"), "{development}");
    assert!(rendered.file("docker-compose.dev-fast.yml").contains("host.docker.internal: host-gateway"));
    let production = rendered.file("config/gateway/production/default.conf");
    assert!(production.contains("set $upstream http://orders:8000;"), "{production}");
    assert!(production.contains("proxy_pass $upstream;"), "{production}");
}
