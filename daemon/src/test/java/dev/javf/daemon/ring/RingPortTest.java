package dev.javf.daemon.ring;

import java.nio.file.Path;

/** Applications that get copies of the packets; two ports share a function. */
class RingPortTest extends RingPortContract {
    @Override
    String configuration(final Path folder) {
        return """
        daemon { packet-buffers = 8192 }
        functions {
          left { device = "sim:0/0" }
          right { device = "sim:0/1" }
        }
        ports {
          a { kind = ring, function = left, socket = "%1$s/a.sock", trunk = "100-103"
              addresses = ["02:00:00:00:77:01"], quarantine = 1ms }
          b { kind = ring, function = right, socket = "%1$s/b.sock", trunk = "100-107"
              quarantine = 1ms }
          c { kind = ring, function = right, socket = "%1$s/c.sock", vlan = 200
              mac = "02:00:00:00:88:01", quarantine = 1ms }
        }
        """
                .formatted(folder);
    }
}
