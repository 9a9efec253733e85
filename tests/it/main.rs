//! All integration tests, one binary.

#[cfg(target_os = "linux")]
mod answers;
mod app;
mod architecture;
#[cfg(unix)]
mod chromium;
#[cfg(unix)]
mod clock;
#[cfg(target_os = "linux")]
mod compatibility;
mod completions;
mod concurrency;
mod configure;
mod credentials;
mod deadlines;
mod delete;
#[cfg(unix)]
mod doctor;
mod errors;
mod events;
#[cfg(unix)]
mod exec;
mod faults;
#[cfg(target_os = "linux")]
mod file_systems;
mod help;
mod journal;
#[cfg(target_os = "linux")]
mod kills;
mod language;
#[cfg(unix)]
mod last_resort;
#[cfg(target_os = "linux")]
mod limits;
mod list;
mod listener;
#[cfg(target_os = "linux")]
mod locations;
mod model;
mod mounted;
mod network;
#[cfg(unix)]
mod owners;
#[cfg(unix)]
mod paste;
mod process;
#[cfg(unix)]
mod proxy;
#[cfg(target_os = "linux")]
mod read_only;
mod readme;
mod refresh;
mod sandbox;
mod secrecy;
#[cfg(unix)]
mod serve;
mod settings;
mod sign_in;
mod status;
#[cfg(unix)]
mod stopped;
mod store;
mod support;
mod switch;
#[cfg(unix)]
mod tls;
mod tries;
#[cfg(target_os = "linux")]
mod unsavable;
mod waiting;
#[cfg(target_os = "linux")]
mod wiped;
