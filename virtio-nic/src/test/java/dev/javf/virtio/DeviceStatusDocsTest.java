package dev.javf.virtio;

import dev.javf.testing.Repository;
import dev.javf.virtio.DeviceStatus.Action;
import dev.javf.virtio.DeviceStatus.Change;
import dev.javf.virtio.DeviceStatus.Rule;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/**
 * Keeps the documentation equal to the rules. Where it isn't: {@code mvn test -pl virtio-nic
 * -Dtest=DeviceStatusDocsTest -Djavf.docs=write} writes it anew.
 */
class DeviceStatusDocsTest {
    private static final Path PAGE = Repository.file("docs/virtio-device-status.md");
    private static final int BYTES = 256;

    /** The statuses on a driver's way, and what they become when something breaks. */
    private static final int[] SHOWN = {0x00, 0x01, 0x03, 0x0B, 0x0F, 0x8F, 0x43, 0x4F, 0xCF};

    @Test
    void shouldShowTheRules() throws IOException {
        Repository.keep(PAGE, "rules", rules());
    }

    @Test
    void shouldShowTheTransitions() throws IOException {
        Repository.keep(PAGE, "transitions", transitions());
    }

    private static String rules() {
        final Map<Rule, Integer> pairs = new EnumMap<>(Rule.class);
        for (int status = 0; status < BYTES; status++) {
            for (int written = 0; written < BYTES; written++) {
                pairs.merge(DeviceStatus.rule(status, written), 1, Integer::sum);
            }
        }
        final StringBuilder text =
                new StringBuilder("| rule | the driver writes | what happens | of 65536 pairs |\n");
        text.append("|---|---|---|---|\n");
        for (final Rule rule : Rule.values()) {
            text.append(
                    String.format(
                            Locale.ROOT,
                            "| %s | %s | %s | %d |\n",
                            rule,
                            rule.when(),
                            rule.then(),
                            pairs.get(rule)));
        }
        return text.toString();
    }

    private static String transitions() {
        final StringBuilder text = new StringBuilder("| status |");
        for (final int written : SHOWN) {
            text.append(String.format(Locale.ROOT, " write %02x |", written));
        }
        text.append(" the device fails |\n|---|").append("---|".repeat(SHOWN.length + 1));
        text.append('\n');
        for (final int status : SHOWN) {
            text.append(String.format(Locale.ROOT, "| **%02x** |", status));
            for (final int written : SHOWN) {
                text.append(cell(status, DeviceStatus.write(status, written)));
            }
            text.append(cell(status, DeviceStatus.deviceNeedsReset(status))).append('\n');
        }
        return text.toString();
    }

    private static String cell(final int status, final Change change) {
        final StringJoiner text = new StringJoiner(" ", " ", " |");
        text.add(
                change.status() == status
                        ? "-"
                        : String.format(Locale.ROOT, "%02x", change.status()));
        for (final Action action : change.actions()) {
            text.add(
                    switch (action) {
                        case RESET -> "R";
                        case APPLY_FEATURES -> "F";
                        case START -> "start";
                        case STOP -> "stop";
                        case NOTIFY_CONFIGURATION -> "N";
                    });
        }
        return text.toString();
    }
}
