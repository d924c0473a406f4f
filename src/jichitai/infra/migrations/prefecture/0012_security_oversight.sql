-- 情報セキュリティ: oversight
select 1;
