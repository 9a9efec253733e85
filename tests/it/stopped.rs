//! A process that is stopped for longer than any time limit while the answer waits in its socket (Ctrl-Z, a laptop
//! that sleeps): the answer is read, and the spent token is not presented again.

use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, waitid};

use crate::support::World;
use crate::support::process::{ALIYUN_RS, Started, start};
use crate::support::tool::presentations;
use crate::tls::message;

/// Longer than the time limit of the request that brings new tokens.
const STOPPED: Duration = Duration::from_secs(63);

/// A relay to the sandbox that reports each request, and forwards it when it is allowed to.
fn relay(world: &World) -> (String, Receiver<()>, Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let sandbox = world.sandbox.url();
    let (asked, was_asked) = channel();
    let (allow, allowed) = channel();
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let (head, body) = message(&mut BufReader::new(client.try_clone().unwrap()));
            asked.send(()).unwrap();
            if allowed.recv().is_err() {
                return;
            }
            let mut server = TcpStream::connect(sandbox.strip_prefix("http://").unwrap()).unwrap();
            let head = head.replacen("\r\n", "\r\nConnection: close\r\n", 1);
            server.write_all(&[head.as_bytes(), &body].concat()).unwrap();
            let mut answer = Vec::new();
            server.read_to_end(&mut answer).unwrap();
            client.write_all(&answer).unwrap();
        }
    });
    (address, was_asked, allow)
}

fn stop(program: &Started) {
    program.signal(Signal::STOP);
    let id = Pid::from_raw(program.id().try_into().unwrap()).unwrap();
    waitid(WaitId::Pid(id), WaitIdOptions::STOPPED).unwrap();
}

#[test]
#[ignore = "takes 65 seconds"]
fn an_answer_that_arrives_while_stopped_is_kept() {
    let world = World::real();
    let tokens = world.signed_in(0);
    let (address, was_asked, allow) = relay(&world);
    let mut command = world.command(ALIYUN_RS);
    command.args(["credentials", "--profile", "demo"]).env("ALIYUN_RS_SANDBOX", address);
    let program = start(command);
    was_asked.recv().unwrap();
    stop(&program);
    allow.send(()).unwrap();
    thread::sleep(STOPPED);
    // Whatever it asks now is answered at once: the exchange, and nothing else.
    (0..9).for_each(|_| allow.send(()).unwrap());
    program.signal(Signal::CONT);
    program.finish().exits(0);
    assert_eq!(presentations(&world.ledger(), &tokens.refresh), 1);
    assert_ne!(world.refresh_token("demo"), tokens.refresh);
}
