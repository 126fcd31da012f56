//! Gateways under the programs that they are for: nginx routes to servers on loopback, caddy reads its file. A test whose
//! program is not on the PATH says so; `.ci/run` installs them.
//!
//! Linux only: there, 127.0.0.2 is an address like any other.
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::common::{Rendered, is_there, render};
use crate::loopback::{Answer, Names, Server, ask, echoed, free_port, get, until};
use stackgen::plan::Mode;
use tempfile::TempDir;

/// A stack with a gateway: its keys, and the ports of `orders` and `stock`.
fn stack(gateway: &str, orders: u16, stock: u16) -> Rendered {
    let service = |name: &str, port: u16| {
        format!(
            "  {name}: {{ tier: all, image: example/{name}:1, listen: {port}, health: {{ command: [check] }} }}\n"
        )
    };
    let text = format!(
        "name: shop\ntiers: {{ all: {{}} }}\nservices:\n  gateway:\n    tier: all\n{gateway}{}{}",
        service("orders", orders),
        service("stock", stock)
    );
    render(&text, None).unwrap_or_else(|message| panic!("{text}\n{message}"))
}

/// The config of the gateway in a mode, where the modes differ.
fn config<'r>(rendered: &'r Rendered, mode: Mode, name: &str) -> &'r str {
    let plan = rendered.plans.iter().find(|plan| plan.mode == mode).expect("a plan");
    let path = format!("config/gateway/{}/{name}", plan.environment);
    let shared = format!("config/gateway/{name}");
    [rendered.file(&path), rendered.file(&shared)].into_iter().find(|text| !text.is_empty()).expect("a file")
}

/// What the image's own nginx.conf is to the rendered file, with everything that is written inside a folder.
fn nginx_conf(folder: &Path, server: &str, dns: u16) -> String {
    let root = folder.display();
    // The names of the services are Docker's DNS's, which is not here. The stand-in is asked more often.
    let server = server
        .replace("resolver 127.0.0.11 valid=10s", &format!("resolver 127.0.0.1:{dns} valid=1s"))
        .replace("/dev/stdout", &format!("{root}/access.log"))
        .replace("/etc/nginx/tls/", &format!("{root}/"));
    let mut whole =
        format!("daemon off;\nmaster_process off;\npid {root}/pid;\nerror_log {root}/error.log;\n");
    let _ = write!(whole, "events {{}}\nhttp {{\naccess_log off;\n");
    for temporary in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        let _ = writeln!(whole, "{temporary}_temp_path {root}/{temporary};");
    }
    let _ = write!(whole, "{server}\n}}\n");
    whole
}

/// A gateway that runs on a rendered file.
struct Gateway {
    child: Child,
    folder: TempDir,
    port: u16,
}

impl Gateway {
    fn start(command: &mut Command, folder: TempDir, port: u16) -> Self {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
        let gateway = Self { child, folder, port };
        until(|| gateway.get("/healthz").status, |status| *status == 200);
        gateway
    }

    fn nginx(folder: TempDir, server: &str, dns: &Names, port: u16) -> Self {
        let path = folder.path().join("nginx.conf");
        fs::write(&path, nginx_conf(folder.path(), server, dns.port)).expect("file");
        Self::start(Command::new("nginx").arg("-c").arg(&path), folder, port)
    }

    fn caddy(folder: TempDir, rendered: &str, port: u16) -> Self {
        let path = folder.path().join("Caddyfile");
        fs::write(&path, caddyfile(folder.path(), rendered)).expect("file");
        let mut command = Command::new("caddy");
        command.args(["run", "--adapter", "caddyfile", "--config"]).arg(&path).env("HOME", folder.path());
        Self::start(&mut command, folder, port)
    }

    fn get(&self, path: &str) -> Answer {
        ask(self.port, &get(path, ""))
    }

    /// The name of the server that answers, with the first line of what it was asked; otherwise the status.
    fn asked(&self, path: &str) -> String {
        let answer = self.get(path);
        let text = answer.text();
        let lines: Vec<&str> = text.lines().take(2).collect();
        if answer.status == 200 { lines.join(" ") } else { answer.status.to_string() }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What every gateway makes of `ROUTES`.
fn each_route_has_its_answer(gateway: &Gateway) {
    assert_eq!(gateway.asked("/api/orders/5?full=1"), "orders GET /5?full=1 HTTP/1.1");
    assert_eq!(gateway.asked("/api/orders"), "orders GET / HTTP/1.1");
    assert_eq!(gateway.asked("/api/ordersx"), "stock GET /ordersx HTTP/1.1");
    assert_eq!(gateway.asked("/api/a%20b"), "stock GET /a%20b HTTP/1.1");
    assert_eq!(gateway.asked("/raw/a%2Fb?c"), "stock GET /raw/a%2Fb?c HTTP/1.1");
    assert_eq!(gateway.asked("/apix"), "404");
    let claimed = ask(gateway.port, &get("/raw", "X-Forwarded-Prefix: /claimed\r\n")).text();
    assert!(!claimed.contains("X-Forwarded-Prefix"), "nothing was taken off\n{claimed}");
}

/// Headers of a request, as a server shows them.
fn asked_with(answer: &Answer, headers: &[&str]) {
    let asked = answer.text();
    for header in headers {
        assert!(asked.contains(&format!("{header}\r\n")), "{header} is not in\n{asked}");
    }
}

/// Two servers with names, and a port for what stands in front of them.
struct Network {
    names: Names,
    orders: u16,
    stock: u16,
    port: u16,
    servers: Vec<Server>,
}

const ORDERS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const STOCK: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 4);

impl Network {
    fn new() -> Self {
        let servers = vec![Server::start("orders", ORDERS, 0), Server::start("stock", STOCK, 0)];
        let [orders, stock] = [servers[0].address.port(), servers[1].address.port()];
        let names = Names::new();
        names.set("orders", ORDERS);
        names.set("stock", STOCK);
        Self { names, orders, stock, port: free_port(), servers }
    }

    /// Every port that the gateway listens on, as none of those that it usually has may be free here.
    fn listen(&self, template: &str, more: &str) -> String {
        let status = if template == "nginx" { format!(", status: {}", free_port()) } else { String::new() };
        format!("    use: {template}\n    listen: {{ http: {}{status}{more} }}\n", self.port)
    }

    /// The stack of a gateway that is told `with`.
    fn stack(&self, template: &str, with: &str) -> Rendered {
        let gateway = format!("{}    with:\n{with}", self.listen(template, ""));
        stack(&gateway, self.orders, self.stock)
    }

    /// The stack of a gateway with TLS, whose port on the host is 8443.
    fn stack_with_tls(&self, template: &str, port: u16) -> Rendered {
        let gateway = format!(
            "{}    publish: {{ production: {{ http: 80, https: 8443 }} }}\n    with:\n{ROUTES}      \
             tls: {{ certificate: ./certificate.pem, key: ./key.pem }}\n",
            self.listen(template, &format!(", https: {port}"))
        );
        stack(&gateway, self.orders, self.stock)
    }

    fn nginx(&self, with: &str) -> Gateway {
        let rendered = self.stack("nginx", with);
        let server = config(&rendered, Mode::Production, "default.conf");
        Gateway::nginx(tempfile::tempdir().expect("folder"), server, &self.names, self.port)
    }
}

const ROUTES: &str = "      routes:
        /api: { service: stock }
        /api/orders/: { service: orders }
        /raw: { service: stock, strip: false }
";

#[test]
fn nginx_asks_the_service_of_each_route() {
    if !is_there("nginx") {
        return;
    }
    let network = Network::new();
    let nginx = network.nginx(ROUTES);
    each_route_has_its_answer(&nginx);
    let answer = nginx.get("/api/orders/5");
    asked_with(&answer, &["Host: shop.test:8080", "X-Forwarded-Prefix: /api/orders"]);
    asked_with(&answer, &["X-Forwarded-Proto: http", "X-Forwarded-For: 127.0.0.1"]);
    assert_eq!(answer.header("X-Content-Type-Options"), ["nosniff"]);
    assert_eq!(answer.header("X-Frame-Options"), ["DENY"], "the server's own is kept, and not said twice");
    assert_eq!(answer.header("Strict-Transport-Security"), [""; 0], "there is no TLS");

    let log = fs::read_to_string(nginx.folder.path().join("access.log")).expect("a log");
    let lines: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    assert_eq!(lines[0]["uri"], "/api/orders/5?full=1");
    assert_eq!(lines[0]["status"], 200);
    assert_eq!(lines[0]["upstream"], format!("{ORDERS}:{}", network.orders));
    assert!(lines.iter().all(|line| line["uri"] != "/healthz"), "the health check is not logged");
}

#[test]
fn nginx_starts_without_its_upstreams_and_finds_one_that_has_moved() {
    if !is_there("nginx") {
        return;
    }
    let mut network = Network::new();
    network.servers.clear();
    let nginx = network.nginx(ROUTES);
    assert_eq!(nginx.asked("/api/orders"), "502");
    let _orders = Server::start("orders", ORDERS, network.orders);
    let first = Server::start("stock", STOCK, network.stock);
    until(|| nginx.asked("/api/orders"), |asked| asked.starts_with("orders "));
    until(|| nginx.asked("/api"), |asked| asked.starts_with("stock "));
    drop(first);
    let _second = Server::start("stock again", ELSEWHERE, network.stock);
    network.names.set("stock", ELSEWHERE);
    until(|| nginx.asked("/api"), |asked| asked.starts_with("stock again "));
    assert_eq!(nginx.asked("/api/orders"), "orders GET / HTTP/1.1");
}

#[test]
fn nginx_lets_websockets_through() {
    if !is_there("nginx") {
        return;
    }
    let network = Network::new();
    let nginx = network.nginx(ROUTES);
    let (head, back) = echoed(nginx.port, "/api/live", "hello");
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert_eq!(back, "hello");
}

#[test]
fn nginx_holds_its_limits() {
    if !is_there("nginx") {
        return;
    }
    let network = Network::new();
    let nginx = network.nginx(
        "      routes: { /api: stock, /free: { service: orders, limit: false } }\n      body_size: 2k\n      \
         rate_limit: { rate: 1r/m, burst: 2 }\n",
    );
    let post = |path: &str, length: usize| {
        let body = "x".repeat(length);
        let head = format!("POST {path} HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n");
        ask(nginx.port, &format!("{head}Content-Length: {length}\r\n\r\n{body}")).status
    };
    assert_eq!(post("/free", 2048), 200);
    assert_eq!(post("/free", 2049), 413);
    let statuses: Vec<u16> = (0..5).map(|_| nginx.get("/api").status).collect();
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
    assert_eq!(nginx.get("/free").status, 200);
    assert_eq!(nginx.get("/healthz").status, 200);
}

#[test]
fn nginx_compresses_long_answers() {
    if !is_there("nginx") {
        return;
    }
    let network = Network::new();
    let nginx = network.nginx(ROUTES);
    let long = format!("Accept-Encoding: gzip\r\nX-Long: {}\r\n", "x".repeat(2000));
    let answer = ask(nginx.port, &get("/api", &long));
    assert_eq!(answer.header("Content-Encoding"), ["gzip"]);
    assert_eq!(answer.header("Vary"), ["Accept-Encoding"]);
    assert!(answer.body.len() < 1000, "{}", answer.body.len());
    assert_eq!(nginx.get("/api").header("Content-Encoding"), [""; 0]);
}

/// Makes a certificate for shop.test in a folder.
fn certificate(folder: &Path) {
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=shop.test"]);
    openssl.args([
        "-addext",
        "subjectAltName=DNS:shop.test",
        "-keyout",
        "key.pem",
        "-out",
        "certificate.pem",
    ]);
    let output = openssl.current_dir(folder).output().expect("openssl runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The answer to a request over TLS, from a server that has the certificate in the folder.
fn ask_over_tls(folder: &Path, port: u16, request: &str) -> Answer {
    let mut openssl = Command::new("openssl");
    openssl.args(["s_client", "-quiet", "-verify_return_error", "-verify_hostname", "shop.test"]);
    openssl.args(["-servername", "shop.test", "-CAfile", "certificate.pem", "-connect"]);
    openssl.arg(format!("127.0.0.1:{port}")).current_dir(folder);
    let mut child =
        openssl.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(request.as_bytes()).expect("sends");
    let answer = Answer::new(std::io::BufReader::new(child.stdout.take().expect("a pipe")));
    let _ = child.wait();
    answer
}

#[test]
fn nginx_serves_tls_with_a_certificate_and_leads_there() {
    if !is_there("nginx") || !is_there("openssl") {
        return;
    }
    let network = Network::new();
    let tls_port = free_port();
    let rendered = network.stack_with_tls("nginx", tls_port);
    let required: Vec<&str> =
        rendered.plans[0].required.iter().map(|file| file.path.value.as_str()).collect();
    assert_eq!(required, ["./certificate.pem", "./key.pem"]);
    let folder = tempfile::tempdir().expect("folder");
    certificate(folder.path());
    let server = config(&rendered, Mode::Production, "default.conf");
    let nginx = Gateway::nginx(folder, server, &network.names, network.port);
    let answer = tls_is_served(&nginx, tls_port);
    assert_eq!(answer.header("Strict-Transport-Security"), ["max-age=31536000"]);
}

/// What every gateway does with a certificate; returns an answer over TLS.
fn tls_is_served(gateway: &Gateway, port: u16) -> Answer {
    let redirect = gateway.get("/api/orders?a=b");
    assert_eq!(redirect.status, 308);
    assert_eq!(redirect.header("Location"), ["https://shop.test:8443/api/orders?a=b"]);
    let answer = ask_over_tls(gateway.folder.path(), port, &get("/api/orders?a=b", ""));
    assert_eq!(answer.status, 200);
    assert!(answer.text().starts_with("orders\nGET /?a=b HTTP/1.1"), "{}", answer.text());
    asked_with(&answer, &["X-Forwarded-Proto: https"]);
    answer
}

/// A rendered Caddyfile with everything that it is told of where it is here.
fn caddyfile(folder: &Path, rendered: &str) -> String {
    let root = folder.display();
    // Its own resolver asks the machine's DNS, so the servers are named by address. `metrics` stood elsewhere before 2.9,
    // and may stand there still.
    rendered
        .replace("reverse_proxy orders:", &format!("reverse_proxy {ORDERS}:"))
        .replace("reverse_proxy stock:", &format!("reverse_proxy {STOCK}:"))
        .replace(":9180 {", &format!(":{} {{", free_port()))
        .replace("/etc/caddy/tls/", &format!("{root}/"))
        .replace("\tmetrics\n}", "\tservers {\n\t\tmetrics\n\t}\n\tadmin off\n}")
}

#[test]
fn caddy_asks_the_service_of_each_route() {
    if !is_there("caddy") {
        return;
    }
    let network = Network::new();
    let rendered = network.stack("caddy", ROUTES);
    let folder = tempfile::tempdir().expect("folder");
    let caddy = Gateway::caddy(folder, config(&rendered, Mode::Production, "Caddyfile"), network.port);
    each_route_has_its_answer(&caddy);
    asked_with(&caddy.get("/api/orders/5"), &["Host: shop.test:8080", "X-Forwarded-Prefix: /api/orders"]);
    let (head, back) = echoed(caddy.port, "/api/live", "hello");
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert_eq!(back, "hello");
}

#[test]
fn caddy_serves_tls_with_a_certificate_and_leads_there() {
    if !is_there("caddy") || !is_there("openssl") {
        return;
    }
    let network = Network::new();
    let tls_port = free_port();
    let rendered = network.stack_with_tls("caddy", tls_port);
    let folder = tempfile::tempdir().expect("folder");
    certificate(folder.path());
    let caddy = Gateway::caddy(folder, config(&rendered, Mode::Production, "Caddyfile"), network.port);
    tls_is_served(&caddy, tls_port);
}
