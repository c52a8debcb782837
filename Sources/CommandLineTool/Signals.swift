import Foundation

/// Signals that end a command that trains: INT (Ctrl-C), TERM and HUP, unless the process was started to ignore them, as by nohup.
enum Signals {
  /// Calls `handle` on a thread of its own with each of these signals. Call it before other threads are started, since threads take over
  /// the mask of the thread that starts them.
  static func watch(_ handle: @escaping @Sendable (_ signal: Int32) -> Void) {
    var watched = sigset_t()
    sigemptyset(&watched)
    for signal in [SIGINT, SIGTERM, SIGHUP] {
      var action = sigaction()
      sigaction(signal, nil, &action)
      if unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) != 1 { sigaddset(&watched, signal) }
    }
    pthread_sigmask(SIG_BLOCK, &watched, nil)
    let thread = Thread { [watched] in
      var (watched, signal) = (watched, Int32(0))
      while true { if sigwait(&watched, &signal) == 0 { handle(signal) } }
    }
    thread.name = "signals"
    thread.start()
  }

  /// Makes a write to a pipe that its reader has closed an error instead of a signal, and gives standard input, output and error a
  /// descriptor where they are closed, so that no file that is opened later gets their number.
  static func prepareStandardStreams() {
    signal(SIGPIPE, SIG_IGN)
    // Reading is all that these can do, so a write still fails.
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
      _ = open("/dev/null", O_RDONLY)
    }
  }
}
