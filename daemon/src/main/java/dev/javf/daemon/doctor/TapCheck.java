package dev.javf.daemon.doctor;

import dev.javf.daemon.doctor.Finding.Level;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whether this user may make TAP devices.
 *
 * @param files of the machine.
 * @param findings get what is found.
 */
record TapCheck(HostFiles files, Findings findings) {
    /** Looks. */
    void examine() {
        final Path node = files.path("dev/net/tun");
        if (!Files.exists(node)) {
            findings.add(Level.FAIL, "TAP devices", "there is no /dev/net/tun", "modprobe tun");
        } else if (!Files.isReadable(node) || !Files.isWritable(node)) {
            findings.add(
                    Level.FAIL,
                    "TAP devices",
                    "this user may not open /dev/net/tun",
                    "chmod 0666 /dev/net/tun");
        } else {
            findings.add(Level.OK, "TAP devices", "/dev/net/tun can be opened", "");
        }
    }
}
