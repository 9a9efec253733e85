//! The port: which one is taken, on which address, and until when.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Instant;

use aliyun_rs::host::Host;
use aliyun_rs::oauth::callback::Callback;
use aliyun_rs::oauth::loopback::{CallbackEvent, Listener, redirect_uri};
use aliyun_rs::oauth::page::Page;
use aliyun_rs::secret::Secret;

use super::{SUCCESS, SignIn};
use super::{connect, read, runtime, start, true_callback};
use crate::support::PATIENCE;

#[test]
fn the_port_is_free_once_a_sign_in_is_dropped_or_over() {
    let first = Listener::bind([0]).unwrap();
    let port = first.port();
    // A process that another test is just starting holds a copy of every socket until its program runs.
    let bound = |when| {
        let until = Instant::now() + PATIENCE;
        let free =
            std::iter::repeat_with(|| Listener::bind([port])).find(|tried| tried.is_ok() || Instant::now() > until);
        free.unwrap().expect(when)
    };
    runtime().block_on(async {
        let waiting = start(&Host::from_os(), first);
        let mut silent = connect(port);
        drop(waiting);
        let second = bound("free although the runtime has not run since");
        let mut waiting = start(&Host::from_os(), second);
        let browser = thread::spawn(move || true_callback(port));
        assert_eq!(waiting.event().await, CallbackEvent::Callback(Callback::Code(Secret::new("the-code"))));
        waiting.answer(Page::Success).await;
        assert!(browser.join().unwrap().contains(SUCCESS));
        assert_eq!(read(&mut silent), "", "whoever came to the first is hung up on");
        bound("free again right after a sign-in");
    });
}

#[test]
fn the_first_free_port_is_taken_and_kept() {
    let squatter = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = squatter.local_addr().unwrap().port();
    let listener = Listener::bind([taken, 0]).unwrap();
    assert_ne!(listener.port(), taken);
    assert_eq!(redirect_uri(listener.port()), format!("http://127.0.0.1:{}/cli/callback", listener.port()));
    assert!(TcpListener::bind(("127.0.0.1", listener.port())).is_err());
}

#[test]
fn when_no_port_is_free_each_is_listed_with_its_reason() {
    let squatters = [(); 5].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let ports = squatters.each_ref().map(|squatter| squatter.local_addr().unwrap().port());
    let error = Listener::bind(ports).unwrap_err();
    let tried: Vec<_> = error.tried().iter().map(|(port, cause)| (*port, cause.kind())).collect();
    assert_eq!(tried, ports.map(|port| (port, io::ErrorKind::AddrInUse)));
}

#[test]
fn only_127_0_0_1_is_bound() {
    let sign_in = SignIn::ending_with(Page::Success);
    // On Linux all of 127/8 is this machine, so that the wildcard address would answer there.
    #[cfg(target_os = "linux")]
    {
        let elsewhere = std::net::SocketAddr::from(([127, 0, 0, 2], sign_in.port));
        let error = TcpStream::connect_timeout(&elsewhere, PATIENCE).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        let tables =
            ["/proc/self/net/tcp", "/proc/self/net/tcp6"].map(|path| std::fs::read_to_string(path).unwrap_or_default());
        let port = format!(":{:04X}", sign_in.port);
        let rows = tables.iter().flat_map(|table| table.lines().map(|row| row.split_whitespace().collect::<Vec<_>>()));
        let listening = rows.filter(|row| row[3] == "0A" && row[1].ends_with(&port)).map(|row| row[1].to_owned());
        let loopback = u32::from_ne_bytes([127, 0, 0, 1]);
        assert_eq!(listening.collect::<Vec<_>>(), [format!("{loopback:08X}{port}")]);
    }
    true_callback(sign_in.port);
    sign_in.ends_with_code("the-code");
}
