//! The credentials endpoint: whom it serves, what it does when credentials end, and how it ends itself.
