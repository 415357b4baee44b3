package dev.javf.daemon.service;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ClientLoadTest {
    @Test
    void shouldMeasureWithAndWithoutClients() throws Exception {
        final StringBuilder table = new StringBuilder();
        ClientLoad.run(500, table);
        assertThat(table.toString().lines())
                .hasSize(6)
                .anyMatch(row -> row.matches("\\| none \\| 0 \\| \\d\\d+ \\| CPU time .*"))
                .anyMatch(row -> row.matches("\\| 200 \\| [1-9]\\d* \\| \\d\\d+ \\| CPU time .*"));
    }
}
