//! The program of console.html.

fn main() {
    app::console();
}
