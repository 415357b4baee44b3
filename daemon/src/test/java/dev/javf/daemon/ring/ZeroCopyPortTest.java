package dev.javf.daemon.ring;

import java.nio.file.Path;

/** Applications that map the buffers of their functions, each of which has one to itself. */
class ZeroCopyPortTest extends RingPortContract {
    @Override
    String configuration(final Path folder) {
        return """
        functions {
          left { device = "sim:0/0" }
          middle { device = "sim:0/1" }
          right { device = "sim:0/2" }
        }
        ports {
          a { kind = ring, function = left, socket = "%1$s/a.sock", trunk = "100-103"
              addresses = ["02:00:00:00:77:01"], quarantine = 1ms, transfer = zero-copy }
          b { kind = ring, function = middle, socket = "%1$s/b.sock", trunk = "100-107"
              quarantine = 1ms, transfer = zero-copy }
          c { kind = ring, function = right, socket = "%1$s/c.sock", vlan = 200
              mac = "02:00:00:00:88:01", quarantine = 1ms, transfer = zero-copy }
        }
        """
                .formatted(folder);
    }
}
