//! Tests of health checks that ask an endpoint with what is inside an image.

use super::Known;

impl Known {
    /// A `test` that passes where a path answers by HTTP, with a status or with any from 200 to 399: `CMD` or `CMD-SHELL`, and
    /// what is run. Nothing, where no program inside is known that could ask.
    pub fn http_test(&self, port: u16, path: &str, status: Option<u16>) -> Option<Vec<String>> {
        let url = format!("http://127.0.0.1:{port}{path}");
        let wanted = status.map(|status| status.to_string()).unwrap_or_default();
        let port = port.to_string();
        Some(match status {
            None if self.holds("wget") => words(&["CMD", "wget", "-q", "-O", "/dev/null", &url]),
            None if self.holds("curl") => words(&["CMD", "curl", "-fsS", "-o", "/dev/null", &url]),
            Some(_) if self.holds("curl") && self.holds("sh") => {
                let script = "test \"$$(curl -s -o /dev/null -w '%{http_code}' \"$$0\")\" = \"$$1\"";
                words(&["CMD", "sh", "-c", script, &url, &wanted])
            }
            Some(_) if self.holds("wget") && self.holds("sh") => {
                let script = "wget -S -O /dev/null \"$$0\" 2>&1 | grep -q \"HTTP/[0-9.]* $$1\"";
                words(&["CMD", "sh", "-c", script, &url, &wanted])
            }
            _ => {
                if let Some(python) = ["python", "python3"].into_iter().find(|name| self.holds(name)) {
                    let script = "import http.client, sys; _, port, path, *want = sys.argv; \
                                  c = http.client.HTTPConnection('127.0.0.1', int(port), timeout=3); \
                                  c.request('GET', path); s = c.getresponse().status; \
                                  sys.exit(str(s) not in want if want else s not in range(200, 400))";
                    words(&["CMD", python, "-c", script, &port, path, &wanted])
                } else if self.holds("node") {
                    let script = "const [port, path, want] = process.argv.slice(1); \
                                  require('http').get({ host: '127.0.0.1', port, path, timeout: 3000 }, (r) => \
                                  process.exit((want ? r.statusCode == want : r.statusCode < 400) ? 0 : 1))\
                                  .on('error', () => process.exit(1))";
                    words(&["CMD", "node", "-e", script, &port, path, &wanted])
                } else if self.holds("bash") {
                    let script = "exec 3<>/dev/tcp/127.0.0.1/$$0 && printf 'GET %s HTTP/1.1\\r\\nHost: \
                                  127.0.0.1\\r\\nConnection: close\\r\\n\\r\\n' \"$$1\" >&3 && \
                                  read -r -t 3 l <&3 && [[ $$l == HTTP/?.?' '$${2:-[23]}* ]]";
                    words(&["CMD", "bash", "-c", script, &port, path, &wanted])
                } else {
                    return None;
                }
            }
        })
    }

    /// A `test` that passes where a port takes connections, in the same form.
    pub fn tcp_test(&self, port: u16) -> Option<Vec<String>> {
        let port = port.to_string();
        if self.holds("nc") {
            return Some(words(&["CMD", "nc", "-z", "127.0.0.1", &port]));
        }
        if let Some(python) = ["python", "python3"].into_iter().find(|name| self.holds(name)) {
            let script = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 3)";
            return Some(words(&["CMD", python, "-c", script, &port]));
        }
        let script = "exec 3<>/dev/tcp/127.0.0.1/$$0";
        self.holds("bash").then(|| words(&["CMD", "bash", "-c", script, &port]))
    }

    fn holds(&self, program: &str) -> bool {
        self.is_exact && self.has(program) == Some(true)
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().filter(|word| !word.is_empty()).map(|word| (*word).to_owned()).collect()
}
