package dev.javf.daemon.config;

import dev.javf.daemon.FunctionHost;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Holds a configuration against the machine: whether what it names is there. */
public final class ConfigurationCheck {
    private ConfigurationCheck() {}

    /**
     * Checks that all functions are there, and are different ones. Opens nothing.
     *
     * @param configuration right in itself.
     * @param host the machine.
     * @throws ConfigurationException with all that is missing.
     */
    public static void check(final Configuration configuration, final FunctionHost host)
            throws ConfigurationException {
        final List<Problem> problems = new ArrayList<>();
        final Map<String, String> owners = new HashMap<>();
        for (final FunctionSection function : configuration.functions()) {
            final String key = "functions." + function.name() + ".device";
            try {
                final String device = function.device().resolve(host).toString();
                final String other = owners.putIfAbsent(device, key);
                if (other != null) {
                    problems.add(
                            new Problem(
                                    function.values().place(),
                                    key,
                                    function.device()
                                            + " is "
                                            + device
                                            + ", which belongs to "
                                            + other
                                            + " already; change one of them"));
                }
            } catch (final IllegalArgumentException | IllegalStateException e) {
                problems.add(
                        new Problem(
                                function.values().place(), key, String.valueOf(e.getMessage())));
            }
        }
        if (!problems.isEmpty()) {
            throw new ConfigurationException(problems);
        }
    }
}
