ALTER TABLE `tokens` ADD `catalogue` text;--> statement-breakpoint
ALTER TABLE `tokens` ADD `previous_hash` text;--> statement-breakpoint
ALTER TABLE `tokens` ADD `previous_until` text;--> statement-breakpoint
ALTER TABLE `tokens` ADD `rotated_at` text;--> statement-breakpoint
ALTER TABLE `tokens` ADD `expires_at` text;--> statement-breakpoint
ALTER TABLE `tokens` ADD `last_used_at` text;--> statement-breakpoint
CREATE INDEX `tokens_previous` ON `tokens` (`previous_hash`);