package dev.javf.daemon.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The names of all keys that a configuration can have. */
public final class ConfigurationKeys {
    private ConfigurationKeys() {}

    private static List<String> names(final List<Key<?>> keys) {
        return keys.stream().map(Key::name).toList();
    }

    /** Of each section that there is one of. */
    public static Map<String, List<String>> ofSections() {
        final Map<String, List<String>> sections = new LinkedHashMap<>();
        ConfigurationReader.SECTIONS.forEach((name, keys) -> sections.put(name, names(keys)));
        return sections;
    }

    /** Of a function. */
    public static List<String> ofFunctions() {
        return names(FunctionSection.KEYS);
    }

    /** Of a port of any kind. */
    public static List<String> ofAllPorts() {
        return names(PortSection.KEYS);
    }

    /** Of each kind of port what others don't have. */
    public static Map<String, List<String>> ofPorts() {
        final Map<String, List<String>> kinds = new LinkedHashMap<>();
        PortKinds.ALL.forEach(kind -> kinds.put(kind.name(), names(kind.keys())));
        return kinds;
    }
}
