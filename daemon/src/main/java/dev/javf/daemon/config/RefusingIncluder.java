package dev.javf.daemon.config;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigIncluderClasspath;
import com.typesafe.config.ConfigIncluderFile;
import com.typesafe.config.ConfigIncluderURL;
import com.typesafe.config.ConfigObject;

import java.io.File;
import java.net.URL;

/** Refuses {@code include} in every form, the one that would fetch from the network above all. */
final class RefusingIncluder
        implements ConfigIncluder, ConfigIncluderFile, ConfigIncluderURL, ConfigIncluderClasspath {
    private static ConfigException refusal(final String what) {
        return new ConfigException.Generic(
                "include "
                        + what
                        + ": files can't be included; put ports and functions into ports.d");
    }

    /** There is nothing to fall back to. */
    @Override
    public ConfigIncluder withFallback(final ConfigIncluder fallback) {
        return this;
    }

    @Override
    public ConfigObject include(final ConfigIncludeContext context, final String what) {
        throw refusal(what);
    }

    @Override
    public ConfigObject includeFile(final ConfigIncludeContext context, final File what) {
        throw refusal(what.toString());
    }

    @Override
    public ConfigObject includeURL(final ConfigIncludeContext context, final URL what) {
        throw refusal(what.toString());
    }

    @Override
    public ConfigObject includeResources(final ConfigIncludeContext context, final String what) {
        throw refusal(what);
    }
}
