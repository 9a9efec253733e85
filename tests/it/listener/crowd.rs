//! More connections than can be served, and fewer files than they need.

use std::collections::VecDeque;
#[cfg(unix)]
use std::io::BufRead;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use aliyun_rs::host::{Host, Peers};
use aliyun_rs::oauth::page::Page;

use super::{ME, SOMEBODY_ELSE, STATE, SUCCESS, SignIn};
use super::{connect, get, read, status, true_callback};
use crate::support::PATIENCE;

#[test]
fn a_thousand_idle_or_slow_clients_delay_no_request() {
    // More than some systems let a program open before it asks.
    #[cfg(unix)]
    limit_files(|maximum| maximum.min(4096));
    let sign_in = SignIn::ending_with(Page::Success);
    let mut visitors = (0..1000).map(|_| connect(sign_in.port)).collect::<Vec<_>>();
    for visitor in visitors.iter_mut().step_by(2) {
        // Most have been shown out by now.
        let _ = visitor.write_all(b"GET /cli/callback?code=a HTTP/1.1\r\nX-Slow: ");
    }
    let asked = Instant::now();
    assert!(true_callback(sign_in.port).contains(SUCCESS));
    assert!(asked.elapsed() < Duration::from_secs(5), "answered after {:?}", asked.elapsed());
    sign_in.ends_with_code("the-code");
    drop(visitors);
}

#[test]
fn a_browser_that_waits_for_its_page_is_never_closed() {
    #[cfg(unix)]
    limit_files(|maximum| maximum.min(4096));
    let mut sign_in = SignIn::held();
    let target = format!("GET /cli/callback?code=the-code&state={STATE} HTTP/1.1");
    let mut browser = connect(sign_in.port);
    write!(browser, "{target}\r\nHost: 127.0.0.1:{}\r\n\r\n", sign_in.port).unwrap();
    // Once a stray that came later is answered, the callback has been received.
    assert_eq!(status(&get(sign_in.port, "/")), 404);
    let mut idle = (0..600).map(|_| connect(sign_in.port)).collect::<Vec<_>>();
    assert_eq!(read(&mut idle[0]), "", "the one that was idle the longest is closed");
    sign_in.finish(Page::Success);
    assert!(read(&mut browser).contains(SUCCESS));
    sign_in.ends_with_code("the-code");
}

#[test]
fn at_most_64_requests_are_read_at_a_time() {
    let sign_in = SignIn::ending_with(Page::Success);
    let mut slow = (0..100).map(|_| connect(sign_in.port)).collect::<Vec<_>>();
    for client in &mut slow {
        client.write_all(b"GET /cli/callback?code=a HTTP/1.1\r\nX-Slow: ").unwrap();
    }
    // The first 36 make room for the others, well before their time is up.
    for client in &mut slow[..36] {
        client.set_read_timeout(Some(Duration::from_secs(4))).unwrap();
        assert_eq!(read(client), "");
    }
    assert!(true_callback(sign_in.port).contains(SUCCESS));
    sign_in.ends_with_code("the-code");
}

#[test]
fn a_browser_that_asks_late_is_served_in_a_flood() {
    #[cfg(unix)]
    limit_files(|maximum| maximum.min(4096));
    let sign_in = SignIn::ending_with(Page::Success);
    let asked = flood(sign_in.port, |_| (), |_| thread::sleep(Duration::from_millis(50)));
    assert!(asked < PATIENCE, "answered after {asked:?}");
    sign_in.ends_with_code("the-code");
}

#[test]
fn a_flood_closes_only_connections_of_its_own_user() {
    #[cfg(unix)]
    limit_files(|maximum| maximum.min(4096));
    let mut host = Host::from_os();
    host.user = Some(ME);
    let peers = Arc::new(TwoUsers::default());
    host.peers = peers.clone();
    let mut sign_in = SignIn::on(host);
    sign_in.finish(Page::Success);
    let asked = flood(
        sign_in.port,
        |browser| *peers.browser.lock().unwrap() = Some(browser),
        |flooded| flooded.recv().unwrap(),
    );
    assert!(asked < Duration::from_secs(5), "answered after {asked:?}");
    sign_in.ends_with_code("the-code");
}

/// A machine on which one connection is ours and every other is somebody else's.
#[derive(Default)]
struct TwoUsers {
    browser: Mutex<Option<SocketAddr>>,
}

impl Peers for TwoUsers {
    fn owner(&self, peer: SocketAddr, local: SocketAddr) -> io::Result<Option<u32>> {
        Ok(self.owner_at_once(peer, local))
    }

    fn owner_at_once(&self, peer: SocketAddr, _: SocketAddr) -> Option<u32> {
        Some(if *self.browser.lock().unwrap() == Some(peer) { ME } else { SOMEBODY_ELSE })
    }
}

/// Opens 10 000 connections, at most 700 at a time. In the middle of that a browser connects from the address given
/// to `introduce`, does what `wait` says and sends its request. Returns how long the response then took.
///
/// `wait` gets a channel that tells when more connections have been opened since than can wait or be open.
fn flood(port: u16, introduce: impl FnOnce(SocketAddr), wait: impl FnOnce(&mpsc::Receiver<()>)) -> Duration {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let (started, is_flooded) = mpsc::channel();
    let flooder = thread::spawn(move || {
        let mut open = VecDeque::new();
        for number in 0..10_000 {
            // Nobody accepts any more once the sign-in is over.
            let Ok(stream) = TcpStream::connect(address) else { break };
            open.push_back(stream);
            if open.len() > 700 {
                open.pop_front();
            }
            if number == 1000 || number == 7000 {
                started.send(()).ok();
            }
        }
    });
    is_flooded.recv().unwrap();
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    introduce(socket.local_addr().unwrap().as_socket().unwrap());
    socket.connect(&address.into()).unwrap();
    let mut browser = TcpStream::from(socket);
    browser.set_read_timeout(Some(PATIENCE)).unwrap();
    wait(&is_flooded);
    let asked = Instant::now();
    let target = format!("GET /cli/callback?code=the-code&state={STATE} HTTP/1.1");
    write!(browser, "{target}\r\nHost: {address}\r\n\r\n").unwrap();
    let answer = read(&mut browser);
    let took = asked.elapsed();
    assert!(answer.contains(SUCCESS), "{answer:?}");
    flooder.join().unwrap();
    took
}

#[cfg(unix)]
#[test]
#[expect(clippy::disallowed_methods, reason = "the limit is the whole process's: this test listens in a second one")]
fn a_lack_of_file_descriptors_is_survived() {
    const ROLE: &str = "ALIYUN_RS_TEST_LISTENS";
    if std::env::var_os(ROLE).is_some() {
        let sign_in = SignIn::ending_with(Page::Success);
        assert_eq!(status(&get(sign_in.port, "/")), 404, "the runtime has the files that it needs");
        limit_files(|_| 24);
        writeln!(io::stderr(), "port {}", sign_in.port).unwrap();
        return sign_in.ends_with_code("the-code");
    }
    let mut second = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "listener::crowd::a_lack_of_file_descriptors_is_survived"])
        .env(ROLE, "1")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = io::BufReader::new(second.stderr.take().unwrap()).lines();
    let port = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("port ")?.parse().ok()).unwrap();
    let visitors = (0..50).map(|_| connect(port)).collect::<Vec<_>>();
    let asked = Instant::now();
    assert!(true_callback(port).contains(SUCCESS));
    assert!(asked.elapsed() < Duration::from_secs(4), "waited for others to be shown out: {:?}", asked.elapsed());
    assert!(second.wait().unwrap().success());
    drop(visitors);
}

/// Changes how many files this process may have open, given how many it may have at most.
#[cfg(unix)]
fn limit_files(choose: impl FnOnce(u64) -> u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    let current = Some(choose(maximum.unwrap_or(u64::MAX)));
    setrlimit(Resource::Nofile, Rlimit { current, maximum }).unwrap();
}
