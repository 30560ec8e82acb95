"""The scan stage: shards enter, one immutable part of observations a shard leaves. Media is opened in children only."""
