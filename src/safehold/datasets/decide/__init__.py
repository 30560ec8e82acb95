"""The decide stage: observations, lists and a policy enter; one decision part a shard and a conclusion leave."""
