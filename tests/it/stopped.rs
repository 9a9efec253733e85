//! A process that is stopped for longer than any time limit while the answer waits in its socket (Ctrl-Z, a laptop
//! that sleeps): the answer is read, and the spent token is not presented again.

use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Child;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use crate::support::World;
use crate::support::process::ALIYUN_RS;
use crate::support::tool::presentations;
use crate::tls::message;

/// Longer than the time limit of the request that brings new tokens.
const STOPPED: Duration = Duration::from_secs(63);

/// A way to the sandbox that tells of each request, and forwards it when it may.
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

fn stop(child: &Child) {
    kill_process(Pid::from_child(child), Signal::STOP).unwrap();
    waitid(WaitId::Pid(Pid::from_child(child)), WaitIdOptions::STOPPED).unwrap();
}

#[test]
#[ignore = "takes 65 seconds"]
fn an_answer_that_arrives_while_stopped_is_kept() {
    let world = World::real();
    let tokens = world.signed_in(0);
    let (address, was_asked, allow) = relay(&world);
    let mut command = world.command(ALIYUN_RS);
    let child = command.args(["credentials", "--profile", "demo"]).env("ALIYUN_RS_SANDBOX", address).spawn().unwrap();
    was_asked.recv().unwrap();
    stop(&child);
    allow.send(()).unwrap();
    thread::sleep(STOPPED);
    kill_process(Pid::from_child(&child), Signal::CONT).unwrap();
    // Whatever it asks now is answered at once: the exchange, and nothing else.
    (0..9).for_each(|_| allow.send(()).unwrap());
    let output = child.wait_with_output().unwrap();
    assert_eq!(presentations(&world.ledger(), &tokens.refresh), 1, "{output:?}");
    assert!(output.status.success(), "{output:?}");
    assert_ne!(world.refresh_token("demo"), tokens.refresh);
}
