DROP INDEX `feedback_dataset`;--> statement-breakpoint
DROP INDEX `feedback_predicted`;--> statement-breakpoint
CREATE INDEX `feedback_catalogue` ON `feedback` (`catalogue`,`seq`);--> statement-breakpoint
CREATE INDEX `feedback_merged` ON `feedback` (`catalogue`,`dataset`,`state`);--> statement-breakpoint
CREATE INDEX `feedback_answered` ON `feedback` (`catalogue`,`predicted_digest`,("code" = "predicted_code"),`dataset`);