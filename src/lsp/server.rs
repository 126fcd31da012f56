//! The thread that answers: messages in, answers out, one after the other.

use std::collections::{HashSet, VecDeque};
use std::io::{BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use lsp_server::{ErrorCode, Message, Notification, Request, RequestId};
use serde_json::Value;

use super::host::Host;
use super::session::Session;
use super::transport::{Client, Incoming, Refusal, read};

/// Serves a client until it says `exit` or goes away; whether it has said `shutdown` before.
pub fn serve(
    input: impl BufRead + Send + 'static,
    output: impl Write + Send + 'static,
    host: Arc<dyn Host>,
) -> bool {
    let client = Client::new(output);
    let (sender, messages) = channel();
    std::thread::spawn(move || {
        let mut input = input;
        // A pipe that breaks has ended.
        while let Ok(Some(incoming)) = read(&mut input) {
            if sender.send(incoming).is_err() {
                return;
            }
        }
    });
    let mut server =
        Server { client, host, state: State::New, queue: VecDeque::new(), cancelled: HashSet::new() };
    while let Some(incoming) = server.next(&messages) {
        if server.take(incoming) {
            return matches!(server.state, State::Ended);
        }
    }
    false
}

/// How far a conversation has come.
enum State {
    /// Nothing has been said.
    New,
    /// It goes on.
    Open(Box<Session>),
    /// The client has said `shutdown`.
    Ended,
}

struct Server {
    client: Client,
    host: Arc<dyn Host>,
    state: State,
    queue: VecDeque<Incoming>,
    /// Requests that wait and are no longer wanted.
    cancelled: HashSet<RequestId>,
}

impl Server {
    /// The next message, once all that has come in is known: some of it may cancel some.
    fn next(&mut self, messages: &Receiver<Incoming>) -> Option<Incoming> {
        if self.queue.is_empty() {
            let first = messages.recv().ok()?;
            self.put(first);
        }
        while let Ok(incoming) = messages.try_recv() {
            self.put(incoming);
        }
        // What was put may have been a cancellation only.
        match self.queue.pop_front() {
            Some(incoming) => Some(incoming),
            None => self.next(messages),
        }
    }

    fn put(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Message(Message::Notification(told)) if told.method == "$/cancelRequest" => {
                let id = told.params.get("id").cloned().and_then(|id| serde_json::from_value(id).ok());
                let is_waiting = |id: &RequestId| {
                    self.queue.iter().any(
                        |incoming| matches!(incoming, Incoming::Message(Message::Request(request)) if request.id == *id),
                    )
                };
                self.cancelled.extend(id.filter(is_waiting));
            }
            other => self.queue.push_back(other),
        }
    }

    /// Does what a message asks; true once the conversation is over.
    fn take(&mut self, incoming: Incoming) -> bool {
        match incoming {
            Incoming::Message(Message::Request(request)) => {
                let id = request.id.clone();
                let answer = self.answer(request);
                self.client.respond(&id, answer);
                false
            }
            Incoming::Message(Message::Notification(told)) if told.method == "exit" => true,
            Incoming::Message(Message::Notification(told)) => {
                self.hear(told);
                false
            }
            Incoming::Message(Message::Response(answer)) => {
                if let State::Open(session) = &mut self.state {
                    session.answered(&answer.id, answer.response_result.ok());
                }
                false
            }
            Incoming::Garbage(code, why) => {
                self.client.refuse(code, &why);
                false
            }
        }
    }

    fn answer(&mut self, request: Request) -> Result<Value, Refusal> {
        if self.cancelled.remove(&request.id) {
            return Err(Refusal(ErrorCode::RequestCanceled, "the client has cancelled it".to_owned()));
        }
        match (&mut self.state, &*request.method) {
            (State::New, "initialize") => {
                let (session, result) = Session::begin(&self.client, &self.host, &request.params);
                self.state = State::Open(Box::new(session));
                Ok(result)
            }
            (State::New, _) => {
                Err(Refusal(ErrorCode::ServerNotInitialized, "`initialize` has to come first".to_owned()))
            }
            (State::Ended, _) => Err(Refusal(
                ErrorCode::InvalidRequest,
                "nothing but `exit` comes after `shutdown`".to_owned(),
            )),
            (State::Open(_), "initialize") => {
                Err(Refusal(ErrorCode::InvalidRequest, "`initialize` comes once only".to_owned()))
            }
            (State::Open(_), "shutdown") => {
                self.state = State::Ended;
                Ok(Value::Null)
            }
            (State::Open(session), method) => {
                // A mistake of this program in one answer is none of the others'.
                let params = request.params;
                catch_unwind(AssertUnwindSafe(|| session.answer(method, params))).unwrap_or_else(|_| {
                    Err(Refusal(ErrorCode::InternalError, format!("`{method}` failed; please report it")))
                })
            }
        }
    }

    fn hear(&mut self, told: Notification) {
        let State::Open(session) = &mut self.state else { return };
        let Notification { method, params } = told;
        let heard = catch_unwind(AssertUnwindSafe(|| session.hear(&method, params)));
        let failed = || Err(Refusal(ErrorCode::InternalError, "it failed; please report it".to_owned()));
        if let Err(Refusal(_, why)) = heard.unwrap_or_else(|_| failed()) {
            self.client.log(&format!("`{method}`: {why}"));
        }
    }
}
